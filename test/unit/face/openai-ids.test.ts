/** Tests the ids of the OpenAI face that clients send back: they name the run and stay short. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { itemId, sessionOfItem } from '../../../src/face/openai/item-id.ts'
import { callWith, referenceIn, toolCallId } from '../../../src/face/openai/pause-calls.ts'
import { responseId, responseReference } from '../../../src/face/openai/response-id.ts'
import { newSessionId, runToken, runTokenIn } from '../../../src/face/openai/run-token.ts'
import type { Pause } from '../../../src/face/pause.ts'
import type { PendingCall } from '../../../src/face/pending-call.ts'

/** Longest id of a tool call that OpenAI accepts. */
const LONGEST_CALL_ID = 40
/** Two call ids whose hashes begin with the same three bytes. */
const EQUAL_KEYS = ['c1541', 'c6169'] as const

function pauseOf(ids: { runId: string; sessionId: string }, ...calls: string[]): Pause {
  const open = calls.map((id) => ({ id }) as PendingCall)
  return { kind: 'agents', ...ids, calls: open, requirements: [] }
}

const own = () => ({ runId: randomUUID(), sessionId: newSessionId() })

describe('ids of tool calls', () => {
  test('a call in a session of the gateway has a short id', () => {
    for (let turn = 0; turn < 100; turn += 1) {
      const ids = own()
      const pause = pauseOf(ids, 'call_abc', 'toolu_01')
      for (const call of pause.calls) {
        const id = toolCallId(pause, call)
        expect(id.length).toBeLessThanOrEqual(LONGEST_CALL_ID)
        expect(referenceIn(id)).toEqual(ids)
        expect(callWith(pause, id)).toBe(call)
      }
    }
  })

  test.each([
    ['another session', { ...own(), sessionId: randomUUID() }],
    ['a run id of another version', { ...own(), runId: newSessionId() }],
    ['a run id that is no UUID', { ...own(), runId: 'r-1' }],
  ])('a call in %s has a long id', (_what, ids) => {
    const pause = pauseOf(ids, 'c1')
    const id = toolCallId(pause, pause.calls[0] as PendingCall)
    expect(id.length).toBeGreaterThan(LONGEST_CALL_ID)
    expect(referenceIn(id)).toEqual(ids)
    expect(callWith(pause, id)?.id).toBe('c1')
  })

  test('long ids distinguish calls with equal hashes', () => {
    const pause = pauseOf(own(), ...EQUAL_KEYS)
    for (const call of pause.calls) expect(callWith(pause, toolCallId(pause, call))).toBe(call)
  })

  test('an id finds no call of a later pause of its run', () => {
    const ids = own()
    const pause = pauseOf(ids, 'c1')
    const id = toolCallId(pause, pause.calls[0] as PendingCall)
    expect(callWith(pauseOf(ids, 'c2'), id)).toBeUndefined()
  })
})

describe('tokens of runs', () => {
  test('a packed token of another length is refused', () => {
    const token = runToken(own(), Buffer.alloc(3), 'c')
    expect(runTokenIn(token, 3)).toBeDefined()
    expect(runTokenIn(token, 8)).toBeUndefined()
    expect(runTokenIn(`${token}A`, 3)).toBeUndefined()
  })

  test('a packed token has exactly one form', () => {
    // The last character of 35 carries two bits that belong to no byte.
    const token = runToken(own(), Buffer.alloc(3), 'c')
    expect(token.endsWith('A')).toBe(true)
    expect(runTokenIn(`${token.slice(0, -1)}B`, 3)).toBeUndefined()
  })
})

describe('ids of items and responses', () => {
  test.each([
    ['packed', own()],
    ['long', { runId: 'r-1', sessionId: 's-1' }],
  ])('a %s item id names its session', (_what, ids) => {
    const reference = { kind: 'agents', id: 'echo', ...ids } as const
    const made = ['msg', 'rs', 'mcp'].map((prefix, index) => itemId(prefix, reference, index))
    expect(made.map(sessionOfItem)).toEqual(made.map(() => ids.sessionId))
    expect(sessionOfItem(`msg_${randomUUID()}`)).toBeUndefined()
  })

  test('a continuation has ids of its own', () => {
    const reference = { kind: 'agents', id: 'echo', ...own() } as const
    const continued = { ...reference, continuation: 'AAAAAAAB' }
    expect(itemId('msg', continued, 0)).not.toBe(itemId('msg', reference, 0))
    expect(responseReference(responseId(continued))).toEqual(continued)
    expect(responseId(continued)).not.toBe(responseId(reference))
  })
})
