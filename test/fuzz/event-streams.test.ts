/** Bytes of event streams: never changed, never cut inside an event, read the same however they come in pieces. */
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { EventBoundary } from '../../src/relay/event-boundary.ts'
import { lastIndexIn } from '../../src/relay/reattachment.ts'
import { runIdIn, sessionIdIn } from '../../src/relay/run-id.ts'
import { EventStreamParser } from '../../src/remote/event-stream-parser.ts'
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

/** Everything a boundary lets through, piece by piece. */
function passed(pieces: readonly Buffer[], boundary: EventBoundary) {
  return pieces.map((piece) => boundary.push(piece)).filter((part) => part !== undefined)
}

describe('an event stream', () => {
  holds('goes through a boundary of events byte for byte', 20_000, inPieces(streams), (pieces) => {
    const boundary = new EventBoundary()
    const parts = passed(pieces, boundary)
    const rest = boundary.rest() ?? Buffer.alloc(0)
    expect(Buffer.concat([...parts, rest]).equals(Buffer.concat(pieces))).toBe(true)
  })

  holds(
    'is only ever passed on up to the end of an event or of a line of comment',
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

  holds('longer than the limit is not changed either', 10_000, inPieces(streams), (pieces) => {
    const boundary = new EventBoundary(4)
    const parts = passed(pieces, boundary)
    const rest = boundary.rest() ?? Buffer.alloc(0)
    expect(Buffer.concat([...parts, rest]).equals(Buffer.concat(pieces))).toBe(true)
  })

  holds('reads the same in whatever pieces it comes', 10_000, inPieces(streams), (pieces) => {
    const whole = new EventStreamParser().push(Buffer.concat(pieces))
    const parser = new EventStreamParser()
    expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(whole)
  })

  holds('has its ids looked for without harm, whatever it is', 10_000, streams, (bytes) => {
    for (const look of [runIdIn, sessionIdIn]) {
      const id = look(bytes)
      expect(id === undefined || bytes.includes(id)).toBe(true)
    }
    const index = lastIndexIn(bytes)
    expect(index === undefined || Number.isSafeInteger(index)).toBe(true)
  })
})
