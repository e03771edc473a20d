import { expect, test } from 'vitest'
import { AnswerEnd } from '../../../src/relay/answer-end.ts'

test('only the last event of a stream is kept', () => {
  const end = new AnswerEnd(true)
  expect(end.bytes).toBeUndefined()
  end.take(Buffer.from('data: 1\n\n'))
  end.take(Buffer.from('data: 2\n\n'))
  expect(String(end.bytes)).toBe('data: 2\n\n')
})

test('a JSON response is kept whole across any number of chunks', () => {
  const end = new AnswerEnd(false)
  expect(end.bytes).toBeUndefined()
  end.take(Buffer.from('{"a"'))
  expect(String(end.bytes)).toBe('{"a"')
  end.take(Buffer.from(':1}'))
  expect(String(end.bytes)).toBe('{"a":1}')
})

test('a response beyond the size limit is not kept', () => {
  const end = new AnswerEnd(false)
  for (let i = 0; i < 5; i++) end.take(Buffer.alloc(64 * 1024))
  expect(end.bytes).toBeUndefined()
})
