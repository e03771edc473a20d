import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countEvents } from '../../../src/sse/events.ts'

const count = (text: string) => countEvents(Buffer.from(text))

test('events are counted by their blank lines', () => {
  expect(count('event: A\ndata: {}\n\n')).toBe(1)
  expect(count('event: A\ndata: {}\n\nevent: B\ndata: {}\n\n')).toBe(2)
  expect(count('data: {}\r\n\r\ndata: {}\r\n\r\n')).toBe(2)
})

test('comments and blank lines without an event are not counted', () => {
  expect(count(': heartbeat\n\n')).toBe(0)
  expect(count('\n\n\ndata: 1\n\n\n\n')).toBe(1)
  expect(count(': heartbeat\n\ndata: 1\n\n: heartbeat\n\n')).toBe(1)
  expect(count('')).toBe(0)
})

test('an event behind a comment without a blank line is counted', () => {
  expect(count(': heartbeat\ndata: 1\n\n: heartbeat\n: heartbeat\ndata: 2\n\n')).toBe(2)
  expect(count('data: 1\n\n: heartbeat\ndata: 2\n\n')).toBe(2)
})

test('an event of several lines counts once', () => {
  expect(count('id: 1\nevent: A\ndata: {\ndata: }\n\n')).toBe(1)
})

test('random mixes of events and comments are counted correctly', () => {
  const event = fc.record({ line: fc.stringMatching(/^[a-z]{1,9}: [ -~]{0,40}$/), more: fc.nat(3) })
  const part = fc.oneof(event, fc.constant(undefined))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.map((one) =>
        one === undefined ? ': note\n\n' : `${`${one.line}\n`.repeat(one.more + 1)}\n`,
      )
      expect(count(text.join(''))).toBe(parts.filter((one) => one !== undefined).length)
    }),
  )
})

test('LF, CR LF and CR line ends give the same count', () => {
  const part = fc.constantFrom('\n', 'a', ':', 'data: 1\n', ': note\n', '\n\n')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join('')
      expect(count(text.replaceAll('\n', '\r\n'))).toBe(count(text))
      expect(count(text.replaceAll('\n', '\r'))).toBe(count(text))
    }),
  )
})
