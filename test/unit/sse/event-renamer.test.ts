import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventRenamer } from '../../../src/sse/event-renamer.ts'

const prefixing = (key: string, value: string) =>
  key === 'agent_id' && value === 'a' ? 'p-a' : undefined

function renamed(pieces: readonly Buffer[]): string {
  const renamer = new EventRenamer(prefixing)
  const passed = pieces.map((piece) => renamer.push(piece))
  passed.push(renamer.rest())
  return Buffer.concat(passed.filter((bytes) => bytes !== undefined)).toString('latin1')
}

const atOnce = (text: string) => renamed([Buffer.from(text)])
const byteByByte = (text: string) => renamed([...Buffer.from(text)].map((byte) => Buffer.of(byte)))
const latin1 = (text: string) => Buffer.from(text).toString('latin1')

const EVENT = '{"event":"RunContent","agent_id":"a","content":"x"}'
const NAMED = '{"event":"RunContent","agent_id":"p-a","content":"x"}'

describe.each([
  ['at once', atOnce],
  ['a byte at a time', byteByByte],
])('an event renamer that receives bytes %s', (_, rename) => {
  test.each([
    ['LF', `event: x\ndata: ${EVENT}\n\n`],
    ['CR LF', `event: x\r\ndata: ${EVENT}\r\n\r\n`],
    ['CR', `event: x\rdata: ${EVENT}\r\r`],
    ['a byte order mark', `\ufeffdata: ${EVENT}\n\n`],
    ['no space behind the colon', `data:${EVENT}\n\n`],
    ['blanks behind the data', `data: ${EVENT}  \t \n\n`],
    ['a blank before the data', `data:   ${EVENT}\n\n`],
    ['an id and a retry', `id: 1\nretry: 5\ndata: ${EVENT}\n\n`],
    ['data on several lines', `data: {"n":1,\ndata: "agent_id":\nid: 4\ndata:"a"}\n\n`],
    ['data on several lines that end in CR', `data: {"n":1\rdata:,"agent_id":"a"}\r\r`],
    ['an empty data line', `data\ndata: ${EVENT}\ndata\n\n`],
    ['a comment among its lines', `: hi\ndata: ${EVENT}\n: ho\n\n`],
    ['an id written in escapes', 'data: {"agent_i\\u0064":"\\u0061"}\n\n'],
    ['U+2028 and U+2029', 'data: {"content":"1\u20282\u20293\u0085","agent_id":"a"}\n\n'],
    ['the end of the stream in place of its blank line', `data: ${EVENT}`],
  ])('an event with %s is renamed', (_name, text) => {
    const expected = text
      .replace('"agent_id":"a"', '"agent_id":"p-a"')
      .replace('"agent_id":\nid: 4\ndata:"a"', '"agent_id":\nid: 4\ndata:"p-a"')
      .replace('"\\u0061"', '"p-a"')
    expect(expected).not.toBe(text)
    expect(rename(text)).toBe(latin1(expected))
  })

  test.each([
    ['nested ids', 'data: {"tool":{"agent_id":"a"},"list":[{"agent_id":"a"}]}\n\n'],
    ["the user's own text", 'data: {"content":"\\"agent_id\\":\\"a\\""}\n\n'],
    ['another field', `event: ${EVENT}\nid: ${EVENT}\n: ${EVENT}\n\n`],
    ['a field whose name only begins with data', `datax: ${EVENT}\n\n`],
    ['a field name with a space', `data : ${EVENT}\n\n`],
    ['data that is no JSON', 'data: agent_id a "agent_id":"a"\n\n'],
    ['a string that a line end cuts', 'data: {"agent_id":"\ndata: a","agent_id":"a"}\n\n'],
  ])('renaming keeps %s of a stream unchanged', (_name, text) => {
    expect(rename(text)).toBe(latin1(text))
  })

  test('an event after one without JSON is renamed', () => {
    expect(rename(`data: {broken\n\ndata: ${EVENT}\n\n`)).toBe(
      `data: {broken\n\ndata: ${NAMED}\n\n`,
    )
  })
})

test('a long event is renamed while it is forwarded', () => {
  const renamer = new EventRenamer(prefixing)
  const piece = Buffer.alloc(64 * 1024, 'x')
  expect(renamer.push(Buffer.from('data: {"content":"'))).toHaveLength(18)
  for (let i = 0; i < 300; i++) expect(renamer.push(piece)).toHaveLength(piece.length)
  const last = renamer.push(Buffer.from('","agent_id":"a"}\n\n'))
  expect(last?.toString()).toBe('","agent_id":"p-a"}\n\n')
})

test('any stream is renamed the same in any pieces', () => {
  const parts = fc.constantFrom(
    ...['\n', '\r', '\r\n', '\n\n', ':', 'data: ', 'data:', 'data', EVENT, '{"agent_id":', '"a"}'],
    ...['event: x', '\ufeff', ' ', '"', '\\', '{', '}', ',', '1', 'é'],
  )
  const streams = fc.array(parts, { maxLength: 30 }).map((chosen) => Buffer.from(chosen.join('')))
  fc.assert(
    fc.property(streams, fc.array(fc.nat(), { maxLength: 8 }), (bytes, cuts) => {
      const at = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b)
      const pieces = [0, ...at].map((start, i) => bytes.subarray(start, at[i] ?? bytes.length))
      expect(renamed(pieces)).toBe(renamed([bytes]))
      expect(renamed(pieces).replaceAll('"p-a"', '"a"')).toBe(bytes.toString('latin1'))
    }),
    { numRuns: 3_000 },
  )
})

test('renaming random JSON events equals renaming the whole text', () => {
  const value = fc.oneof(
    fc.json(),
    fc.constant('"a"'),
    fc.string().map((text) => JSON.stringify(text)),
  )
  const json = fc
    .array(fc.tuple(fc.constantFrom('agent_id', 'content', 'x', 'event'), value), { maxLength: 4 })
    .map((members) => `{${members.map(([name, raw]) => `"${name}":\n${raw}`).join(',\n')}}`)
  const event = fc
    .tuple(json, fc.constantFrom('\n', '\r', '\r\n'), fc.constantFrom('data: ', 'data:'))
    .map(
      ([text, end, field]) =>
        `${text
          .split('\n')
          .map((line) => field + line + end)
          .join('')}${end}`,
    )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 4 }), fc.nat(400), (events, cut) => {
      const bytes = Buffer.from(events.join(''))
      const result = renamed([bytes.subarray(0, cut), bytes.subarray(cut)])
      const expected = naively(bytes.toString('utf8')).map((data) => withoutId(JSON.parse(data)))
      const got = naively(Buffer.from(result, 'latin1').toString('utf8'))
      expect(got.map((data) => JSON.parse(data))).toEqual(expected)
    }),
    { numRuns: 1_000 },
  )
})

/** Returns the data of each event according to the specification. */
function naively(text: string): string[] {
  const events: string[] = []
  let data: string[] = []
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === '' && data.length > 0) {
      events.push(data.join('\n'))
      data = []
    }
    const value = /^data(?:: ?(.*))?$/s.exec(line)
    if (value) data.push(value[1] ?? '')
  }
  return events
}

function withoutId(event: Record<string, unknown>) {
  return event['agent_id'] === 'a' ? { ...event, agent_id: 'p-a' } : event
}
