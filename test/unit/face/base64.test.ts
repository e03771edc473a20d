import { expect, test } from 'vitest'
import { base64In, bytesIn } from '../../../src/face/base64.ts'

test.each([
  ['padded', 'aGk='],
  ['unpadded', 'aGk'],
  ['with line breaks', 'aG\r\nk=\n'],
])('Base64 that is %s has its bytes', (_what, text) => {
  expect(Buffer.from(bytesIn(text)).toString()).toBe('hi')
})

test('The URL-safe alphabet becomes the standard one', () => {
  expect(base64In('-_-_')).toBe('+/+/')
})

test.each([
  ['other characters', '%%%%'],
  ['padding in the middle', 'aG=k'],
  ['too much padding', 'aG==='],
  ['one character', 'a'],
  ['no bytes', ''],
  ['line breaks alone', '\n\n'],
])('A text with %s is refused', (_what, text) => {
  expect(() => base64In(text)).toThrow('not base64')
})
