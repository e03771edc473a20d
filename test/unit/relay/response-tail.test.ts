import { expect, test } from 'vitest'
import { ResponseTail } from '../../../src/relay/response-body.ts'

test('only the last event of a stream is kept', () => {
  const end = new ResponseTail(true)
  expect(end.bytes).toBeUndefined()
  end.push([Buffer.from('data: 1\n\n')])
  end.push([Buffer.from('data: 2\n\n')])
  expect(String(end.bytes)).toBe('data: 2\n\n')
})

test('a JSON response is kept whole across any number of chunks', () => {
  const end = new ResponseTail(false)
  expect(end.bytes).toBeUndefined()
  end.push([Buffer.from('{"a"')])
  expect(String(end.bytes)).toBe('{"a"')
  end.push([Buffer.from(':1}')])
  expect(String(end.bytes)).toBe('{"a":1}')
})

test('a response beyond the size limit is not kept', () => {
  const end = new ResponseTail(false)
  for (let i = 0; i < 5; i++) end.push([Buffer.alloc(64 * 1024)])
  expect(end.bytes).toBeUndefined()
})
