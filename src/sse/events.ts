/** Splits bytes of whole events into events, and counts them. */
import { LineReader } from './line-reader.ts'

const LF = 10
const CR = 13
const COLON = 0x3a
const SPACE = 0x20
const LINE_FEED = Buffer.from('\n')
const BLANK_LINE = Buffer.from('\n\n')

/** One block of an event stream, up to and with its blank line. */
export interface EventBlock {
  /** The bytes, unchanged. */
  readonly bytes: Buffer
  /** The block has a field; otherwise it is a comment or a stray blank line. */
  readonly isEvent: boolean
  /** The block ends with its blank line. */
  readonly isWhole: boolean
  /** Its data lines, joined by line feeds; undefined without one. */
  readonly data: Buffer | undefined
}

/** @param bytes start at the beginning of a line */
export function* eventsIn(bytes: Buffer): Iterable<EventBlock> {
  const lines = new LineReader()
  let start = 0
  let isEvent = false
  let data: Buffer[] = []
  for (let at = lines.begin(bytes); at < bytes.length; at = lines.next) {
    lines.read(at)
    const line = bytes.subarray(at, lines.contentEnd)
    if (line.length > 0) {
      isEvent ||= line[0] !== COLON
      const value = dataOf(line)
      if (value) data.push(value)
    }
    if (line.length > 0 && lines.next < bytes.length) continue
    const isWhole = line.length === 0 && lines.isEnded
    yield { bytes: bytes.subarray(start, lines.next), isEvent, isWhole, data: joined(data) }
    start = lines.next
    isEvent = false
    data = []
  }
}

/** The value of a data line; undefined for any other line. */
function dataOf(line: Buffer): Buffer | undefined {
  if (line.toString('latin1', 0, 4) !== 'data') return undefined
  if (line.length === 4) return line.subarray(4)
  if (line[4] !== COLON) return undefined
  return line.subarray(line[5] === SPACE ? 6 : 5)
}

function joined(data: readonly Buffer[]): Buffer | undefined {
  if (data.length < 2) return data[0]
  return Buffer.concat(data.flatMap((line, index) => (index === 0 ? [line] : [LINE_FEED, line])))
}

/** Blocks that have a field: comments, such as heartbeats, are no events. */
export function countEvents(bytes: Buffer): number {
  return bytes.includes(CR) || bytes[0] === COLON ? countBlocks(bytes) : countWithLineFeeds(bytes)
}

/** Counts events in AgentOS's form: one search per event. */
function countWithLineFeeds(bytes: Buffer): number {
  let count = 0
  let start = 0
  for (let at = bytes.indexOf(BLANK_LINE); at !== -1; at = bytes.indexOf(BLANK_LINE, start)) {
    // Skips blank lines outside of events.
    while (bytes[start] === LF && start < at) start++
    if (bytes[start] === COLON) return count + countBlocks(bytes.subarray(start))
    if (start < at) count++
    start = at + 2
  }
  return count
}

function countBlocks(bytes: Buffer): number {
  let count = 0
  for (const { isEvent, isWhole } of eventsIn(bytes)) if (isEvent && isWhole) count++
  return count
}
