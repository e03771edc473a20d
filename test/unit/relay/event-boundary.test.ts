import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventBoundary } from '../../../src/relay/event-boundary.ts'

const push = (events: EventBoundary, text: string) => events.push(Buffer.from(text))?.toString()

/** Streams of the significant bytes, cut anywhere. */
const chunks = fc.array(
  fc.string({ unit: fc.constantFrom('\n', '\r', ':', 'x', 'data: 1'), minLength: 1, maxLength: 9 }),
  { maxLength: 30 },
)
const ONLY_COMMENTS = /^(?::[^\r\n]*[\r\n]|[\r\n])*$/

describe('EventBoundary', () => {
  test('a chunk of whole events passes without a copy', () => {
    const chunk = Buffer.from('event: a\ndata: 1\n\ndata: 2\n\n')
    expect(new EventBoundary().push(chunk)).toBe(chunk)
  })

  test.each([
    ['LF', 'data: 1\n\n'],
    ['CR LF', 'data: 1\r\n\r\n'],
    ['CR', 'data: 1\r\r'],
    ['LF and CR LF', 'data: 1\n\r\n'],
    ['CR and CR LF', 'data: 1\r\r\n'],
    ['LF and CR', 'data: 1\n\r'],
  ])('a blank line made of %s ends an event', (_name, event) => {
    const events = new EventBoundary()
    expect(push(events, `${event}data`)).toBe(event)
    expect(push(events, `: 2\n\n`)).toBe('data: 2\n\n')
  })

  test('a single CR LF is not taken for a blank line', () => {
    const events = new EventBoundary()
    expect(push(events, 'data: 1\r\n')).toBeUndefined()
    expect(push(events, '\r\n')).toBe('data: 1\r\n\r\n')
  })

  test('comments pass at once, in whole lines', () => {
    const events = new EventBoundary()
    expect(push(events, ': ping\n')).toBe(': ping\n')
    expect(push(events, ': pi')).toBeUndefined()
    expect(push(events, 'ng\n\n')).toBe(': ping\n\n')
  })

  test('an event beyond the limit passes in pieces, unclean meanwhile', () => {
    const events = new EventBoundary(8)
    expect(push(events, 'data: 12345')).toBe('data: 12345')
    expect(events.isClean).toBe(false)
    expect(push(events, '6\n')).toBe('6\n')
    expect(push(events, '\n')).toBe('\n')
    expect(events.isClean).toBe(true)
    expect(push(events, 'data')).toBeUndefined()
  })

  test('the end of a long event is found across chunk borders', () => {
    const events = new EventBoundary(4)
    for (const piece of ['data:1', '\r', '\n', '\r']) push(events, piece)
    expect(events.isClean).toBe(true)
    expect(push(events, '\ndata:2\n\n')).toBe('\ndata:2\n\n')
  })

  test('bytes held back are returned once at a clean end', () => {
    const events = new EventBoundary()
    push(events, 'data: 1\n\ndata: 2')
    expect(events.rest()?.toString()).toBe('data: 2')
    expect(events.rest()).toBeUndefined()
  })
})

describe('random streams, cut anywhere', () => {
  test('no byte of a stream is lost, added or moved', () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 40 }), (pieces, maxHeldBytes) => {
        const events = new EventBoundary(maxHeldBytes)
        const passed = pieces.map((piece) => push(events, piece) ?? '').join('')
        expect(passed + (events.rest()?.toString() ?? '')).toBe(pieces.join(''))
      }),
      { numRuns: 2_000 },
    )
  })

  test('forwarded bytes end after an event or a comment', () => {
    fc.assert(
      fc.property(chunks, (pieces) => {
        const events = new EventBoundary()
        let passed = ''
        for (const piece of pieces) {
          passed += push(events, piece) ?? ''
          expect(afterBlank(passed)).toMatch(ONLY_COMMENTS)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('a stream is clean exactly when no event is unfinished', () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 12 }), (pieces, maxHeldBytes) => {
        const events = new EventBoundary(maxHeldBytes)
        let passed = ''
        for (const piece of pieces) {
          passed += push(events, piece) ?? ''
          const unfinished = afterBlank(passed)
          if (events.isClean) expect(unfinished).toMatch(ONLY_COMMENTS)
          else expect(unfinished).not.toBe('')
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

/** Returns the text after the last blank line: a line end right behind another, with CR LF as one line end. */
function afterBlank(text: string): string {
  let lineStart = -1
  let rest = 0
  for (const { 0: lineEnd, index } of text.matchAll(/\r\n|\r|\n/g)) {
    const next = index + lineEnd.length
    if (index === lineStart) rest = next
    lineStart = next
  }
  return text.slice(rest)
}
