import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ServerSentEvent } from '../../../src/relay/event-stream-parser.ts'
import { EventStreamParser } from '../../../src/relay/event-stream-parser.ts'

function parse(...chunks: (string | Uint8Array)[]): ServerSentEvent[] {
  const parser = new EventStreamParser()
  return chunks.flatMap((chunk) =>
    parser.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
  )
}

const event = (data: string, rest: Partial<ServerSentEvent> = {}) => ({
  event: 'message',
  data,
  id: '',
  retry: undefined,
  ...rest,
})

test('an event is parsed into its name and data', () => {
  expect(parse('event: RunContent\ndata: {"a":1}\n\n')).toEqual([
    event('{"a":1}', { event: 'RunContent' }),
  ])
})

test('several data lines are joined by line feeds', () => {
  expect(parse('data: one\ndata:two\ndata\ndata:  three\n\n')).toEqual([
    event('one\ntwo\n\n three'),
  ])
})

test.each([
  ['line feeds', '\n'],
  ['carriage returns', '\r'],
  ['both', '\r\n'],
])('the parser accepts lines that end with %s', (_name, end) => {
  const text = `event: A${end}data: 1${end}${end}data: 2${end}${end}`
  const expected = [event('1', { event: 'A' }), event('2')]
  expect(parse(text)).toEqual(expected)
  expect(parse(...text)).toEqual(expected)
})

test('comments and events without data yield nothing', () => {
  expect(parse(': heartbeat\n\n:\n\nevent: Nothing\n\nid: 7\n\ndata: x\n\n')).toEqual([
    event('x', { id: '7' }),
  ])
})

test('an event id persists and an invalid retry is ignored', () => {
  expect(parse('id: 1\nretry: 250\ndata: a\n\nretry: soon\nid: a\0b\ndata: b\n\n')).toEqual([
    event('a', { id: '1', retry: 250 }),
    event('b', { id: '1', retry: 250 }),
  ])
})

test('unknown fields of an event are ignored', () => {
  expect(parse('colour: red\ndata: x\n\n')).toEqual([event('x')])
})

test('a leading byte order mark is not part of the first field', () => {
  expect(parse('\uFEFFdata: x\n\n')).toEqual([event('x')])
})

test('an unfinished event at the end of the stream is dropped', () => {
  expect(parse('data: a\n\ndata: b\n')).toEqual([event('a')])
})

test('chunk borders do not change the parsed events', () => {
  const text = ': hi\r\n\r\nevent: Ä\r\ndata: "€ 😀"\r\ndata: 2\n\nid: 3\rdata: z\r\r'
  const bytes = Buffer.from(text)
  const whole = parse(text)
  expect(whole).toHaveLength(2)
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(bytes.length)), (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length]
      const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
      expect(parse(...chunks)).toEqual(whole)
    }),
  )
})
