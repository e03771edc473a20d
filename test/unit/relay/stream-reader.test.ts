import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../src/relay/stream-reader.ts'
import { objectIn, StreamReader } from '../../../src/relay/stream-reader.ts'
import { eventText } from '../../support/fake-upstream.ts'

const STREAM = ['content-type', 'text/event-stream']
const head = (rawHeaders: readonly string[], status = 200) => {
  return { status, statusText: '', rawHeaders, replicaUrl: '' }
}

function read(chunks: readonly string[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const needles = [Buffer.from('End"')]
  const reader = StreamReader.for(head(STREAM), needles, (event) => events.push(event))
  for (const chunk of chunks) reader?.push(Buffer.from(chunk))
  reader?.end()
  return events
}

test('the first event and those with a searched name are read', () => {
  const names = ['Start', 'Other', 'TheEnd', 'Other', 'End']
  const chunks = names.map((event) => eventText({ event }))
  expect(read(chunks).map(({ event }) => event)).toEqual(['Start', 'TheEnd', 'End'])
})

test('comments, invalid JSON and arrays are no first event', () => {
  const found = read([': comment\n\n', 'data: {\n\n', 'data: [1]\n\n', eventText({ event: 'A' })])
  expect(found).toEqual([{ event: 'A' }])
})

test('an event without a blank line is read at the end', () => {
  expect(read([eventText({ event: 'A' }), 'data: {"event":"End"}'])).toHaveLength(2)
})

test('an end without waiting bytes reads nothing', () => {
  expect(read([])).toEqual([])
})

test.each([
  [['content-type', 'application/json'], 200],
  [[], 200],
  [STREAM, 500],
])('a response with the headers %j and status %d has no events', (headers, status) => {
  expect(StreamReader.for(head(headers, status), [], () => {})).toBeUndefined()
})

test.each(['', '1', 'null', '[]'])('the text %j is no object', (text) => {
  expect(objectIn(Buffer.from(text))).toBeUndefined()
})
