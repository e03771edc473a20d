import { expect, test } from 'vitest'
import { multipartValue } from '../../../src/parameters/multipart-form.ts'

const NAME = 'Content-Disposition: form-data; name='
const part = (head: string, value: string) => `--X\r\n${head}\r\n\r\n${value}\r\n`
const read = (parts: string, type = 'multipart/form-data; boundary=X') =>
  multipartValue(Buffer.from(`${parts}--X--\r\n`), type, 'session_id')

// Expected values: the answers of FastAPI 0.165 with python-multipart 0.0.34.
test.each([
  [part(`${NAME}"session_id"`, 'a') + part(`${NAME}"session_id"`, 'b'), 'b'],
  [part(`${NAME}session_id`, 'a'), 'a'],
  [part(`${NAME}'session_id'`, 'a'), undefined],
  [
    part(`${NAME}"files"; filename="f"`, 'x name="session_id"\r\n\r\nfake\r\n') +
      part(`${NAME}"session_id"`, 'real'),
    'real',
  ],
  [part(`${NAME}"x"`, `${NAME}"session_id"\r\n\r\nfake`), undefined],
  [part('content-disposition: form-data; NAME="session_id"', 'a'), 'a'],
  [part(`${NAME}"session_id"; name="user_id"`, 'a'), undefined],
  [part(`${NAME}"user_id"; name="session_id"`, 'a'), 'a'],
  [part(`${NAME}"session%5fid"`, 'a'), undefined],
  [part(`${NAME}"session_id"; filename="x"`, 'a'), undefined],
  [part(`${NAME}"x"; name*=utf-8''session_id`, 'a'), undefined],
  [part(`Content-Type: text/plain\r\n${NAME}"session_id"`, 'é'), 'é'],
  [part(`${NAME}"session_id"`, ''), ''],
])('the form %j gives the session id %j', (parts, value) => {
  expect(read(parts)).toBe(value)
})

test('a quoted boundary is read and a missing one refused', () => {
  const parts = part(`${NAME}"session_id"`, 'a')
  expect(read(parts, 'multipart/form-data; charset=utf-8; boundary="X"')).toBe('a')
  expect(read(parts, 'multipart/form-data')).toBeUndefined()
  expect(read(`before\r\n${parts}`)).toBeUndefined()
  expect(multipartValue(Buffer.from('--X\r\nhalf'), 'a; boundary=X', 'session_id')).toBeUndefined()
  expect(
    multipartValue(Buffer.from(`--X\r\n${NAME}"a"\r\n\r\nhalf`), 'a; boundary=X', 'a'),
  ).toBeUndefined()
})
