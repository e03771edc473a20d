/** Random event streams: never changed, never cut inside an event, and read the same in any pieces. */
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { runIdIn, sessionIdIn } from '../../src/relay/body-fields.ts'
import { EventBoundary } from '../../src/relay/event-boundary.ts'
import { EventStreamParser } from '../../src/relay/event-stream-parser.ts'
import { lastIndexIn } from '../../src/relay/reattachment.ts'
import { holds, inPieces, madeOf } from './property.ts'

const PIECES = [
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  ':',
  ': heartbeat',
  'data: ',
  'data:{"event_index":3,"run_id":"r"}',
  'event: RunContent',
  'id: 7',
  'retry: 10',
  '\u00ef\u00bb\u00bf',
  '\u00ff',
  '\u0000',
  'x',
]
const streams = fc.oneof(
  madeOf(PIECES, 40),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
)

/** Returns all parts that a boundary forwards. */
function passed(pieces: readonly Buffer[], boundary: EventBoundary) {
  return pieces.map((piece) => boundary.push(piece)).filter((part) => part !== undefined)
}

describe('random event streams', () => {
  holds('an event boundary passes a stream byte for byte', 20_000, inPieces(streams), (pieces) => {
    const boundary = new EventBoundary()
    const parts = passed(pieces, boundary)
    const rest = boundary.rest() ?? Buffer.alloc(0)
    expect(Buffer.concat([...parts, rest]).equals(Buffer.concat(pieces))).toBe(true)
  })

  holds(
    'a boundary forwards only whole events and whole comment lines',
    10_000,
    inPieces(streams),
    (pieces) => {
      const boundary = new EventBoundary()
      const lines = Buffer.concat(passed(pieces, boundary))
        .toString('latin1')
        .split(/\r\n|\r|\n/)
      expect(lines.pop()).toBe('')
      const unfinished = lines.slice(lines.lastIndexOf('') + 1)
      expect(unfinished.filter((line) => !line.startsWith(':'))).toEqual([])
      expect(boundary.isClean).toBe(true)
    },
  )

  holds(
    'a stream with events beyond the limit is not changed',
    10_000,
    inPieces(streams),
    (pieces) => {
      const boundary = new EventBoundary(4)
      const parts = passed(pieces, boundary)
      const rest = boundary.rest() ?? Buffer.alloc(0)
      expect(Buffer.concat([...parts, rest]).equals(Buffer.concat(pieces))).toBe(true)
    },
  )

  holds('a stream is parsed the same in any pieces', 10_000, inPieces(streams), (pieces) => {
    const whole = new EventStreamParser().push(Buffer.concat(pieces))
    const parser = new EventStreamParser()
    expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(whole)
  })

  holds('ids are searched in any stream without an error', 10_000, streams, (bytes) => {
    for (const look of [runIdIn, sessionIdIn]) {
      const id = look(bytes)
      expect(id === undefined || bytes.includes(id)).toBe(true)
    }
    const index = lastIndexIn(bytes)
    expect(index === undefined || Number.isSafeInteger(index)).toBe(true)
  })
})
