import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RunLimit } from '../../../config/types.ts'
import { GatewayError } from '../../../src/errors.ts'
import { GuardedRun } from '../../../src/run-limit/guarded-response.ts'
import type { RunAtUpstream, RunGuard } from '../../../src/run-limit/run-guard.ts'
import type { ResponseSink } from '../../../src/upstream/exchange.ts'
import { eventText } from '../../support/fake-upstream.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const HEAD = {
  status: 200,
  statusText: 'OK',
  rawHeaders: ['content-type', 'text/event-stream'],
  replicaUrl: 'http://one',
}
const STARTED = eventText({ event: 'RunStarted', run_id: 'r-1', session_id: 's' })
const REQUEST = eventText({ event: 'ModelRequestCompleted', run_id: 'r-1', input_tokens: 10 })
const TOOL = eventText({ event: 'ToolCallStarted', run_id: 'r-1' })

function guarded(limit: RunLimit) {
  const calls: string[] = []
  const cancelled: RunAtUpstream[] = []
  const receiver = (name: string): ResponseSink => ({
    onHead: () => calls.push(`${name} head`),
    onData: (chunk) => calls.push(`${name} ${chunk.length}`),
    onEnd: () => calls.push(`${name} end`),
    onError: ({ code }) => calls.push(`${name} ${code}`),
    onTick: (ticks) => calls.push(`${name} tick ${ticks}`),
  })
  const stored: unknown[] = []
  const unwatched = new Set<RunGuard>()
  const run = new GuardedRun({
    limit,
    unwatched,
    cancel: async (one) => void cancelled.push(one),
    onExceeded: (exceeded) => calls.push(exceeded),
    onBackground: () => calls.push('background'),
    read: async () => stored.shift(),
  })
  const abort = vi.fn()
  const exchange = { abort, pause: () => {}, resume: () => {}, limitSilence: () => {} }
  const sink = run.tap(receiver('first'))
  const { guard } = run
  const send = (to: ResponseSink, ...events: string[]) => {
    for (const event of events) to.onData(Buffer.from(event))
  }
  return { calls, cancelled, run, guard, receiver, exchange, abort, sink, send, stored, unwatched }
}

describe('limits', () => {
  test.each([
    [{ tokens: 15 }, [REQUEST, REQUEST], 'tokens'],
    [{ toolCalls: 1 }, [TOOL, TOOL], 'tool_calls'],
  ])('a run above %j is cancelled after its event was passed on', (limit, events, exceeded) => {
    const { sink, exchange, send, calls, cancelled } = guarded(limit)
    sink.onHead(HEAD, exchange)
    send(sink, STARTED, ...events, ...events)
    expect(calls.filter((call) => !call.startsWith('first '))).toEqual([exceeded])
    expect(calls.indexOf(exceeded)).toBe(4)
    expect(cancelled).toEqual([{ runId: 'r-1', sessionId: 's' }])
  })

  test.each([
    [{ tokens: 20 }, [REQUEST, REQUEST]],
    [{ toolCalls: 2 }, [TOOL, TOOL]],
    [{ durationMs: 1_000 }, [REQUEST, TOOL]],
  ])('a run that just reaches %j goes through', (limit, events) => {
    const { sink, exchange, send, guard, cancelled } = guarded(limit)
    sink.onHead(HEAD, exchange)
    send(sink, STARTED, ...events)
    sink.onEnd()
    guard.close()
    vi.advanceTimersByTime(60_000)
    expect(cancelled).toEqual([])
  })

  test('a run that lasts too long is cancelled', () => {
    const { sink, exchange, send, calls, cancelled } = guarded({ durationMs: 1_000 })
    sink.onHead(HEAD, exchange)
    send(sink, STARTED)
    vi.advanceTimersByTime(1_000)
    expect([calls.at(-1), cancelled.length]).toEqual(['duration', 1])
  })
})

describe('the end of a cancelled run', () => {
  function cancelled() {
    const all = guarded({ tokens: 5 })
    all.sink.onHead(HEAD, all.exchange)
    all.send(all.sink, STARTED, REQUEST)
    return all
  }

  test('the events of AgentOS until its end are passed on', () => {
    const { sink, send, guard, calls } = cancelled()
    const end = eventText({ event: 'RunCancelled', run_id: 'r-1' })
    send(sink, end)
    sink.onTick?.(1)
    sink.onEnd()
    guard.close()
    vi.advanceTimersByTime(60_000)
    expect(calls.slice(-3)).toEqual([`first ${end.length}`, 'first tick 1', 'first end'])
  })

  test('a run that AgentOS does not end gets an error after 5 s', () => {
    const { calls, sink } = cancelled()
    vi.advanceTimersByTime(4_999)
    expect(calls.at(-1)).toBe('tokens')
    vi.advanceTimersByTime(1)
    expect(calls.at(-1)).toBe('first AGW_RUN_LIMIT')
    sink.onError(new GatewayError('AGW_RELAY_TIMEOUT'))
    expect(calls.at(-1)).toBe('first AGW_RUN_LIMIT')
  })

  test('a run without an event ends at once, and its late head is refused', () => {
    const { sink, exchange, abort, calls } = guarded({ durationMs: 1_000 })
    vi.advanceTimersByTime(1_000)
    sink.onHead(HEAD, exchange)
    expect(calls).toEqual(['duration', 'first AGW_RUN_LIMIT'])
    expect(abort).toHaveBeenCalledOnce()
  })
})

test('a resumed stream counts with the one that broke, and reports to its receiver', () => {
  const { sink, exchange, send, run, receiver, calls, cancelled } = guarded({ tokens: 15 })
  sink.onHead(HEAD, exchange)
  send(sink, STARTED, REQUEST)
  sink.onError(new GatewayError('AGW_RELAY_INTERRUPTED'))
  const resumed = run.tap(receiver('resumed'))
  resumed.onHead(HEAD, exchange)
  send(resumed, REQUEST)
  expect(cancelled.length).toBe(1)
  vi.advanceTimersByTime(5_000)
  expect(calls.at(-1)).toBe('first AGW_RUN_LIMIT')
})

describe('a background run', () => {
  const PENDING = { run_id: 'r-1', session_id: 's', status: 'PENDING' }
  const JSON_HEAD = { ...HEAD, rawHeaders: ['content-type', 'application/json'] }

  function answered(limit: RunLimit, output: object = PENDING) {
    const all = guarded(limit)
    all.sink.onHead(JSON_HEAD, all.exchange)
    all.send(all.sink, JSON.stringify(output))
    all.sink.onEnd()
    all.guard.end()
    return all
  }

  test.each([[undefined], [{ ...PENDING, status: 'RUNNING' }]])(
    'a run that is %j at its duration is cancelled',
    async (output) => {
      const { stored, calls, cancelled, unwatched } = answered({ durationMs: 1_000 })
      expect([unwatched.size, calls]).toEqual([
        1,
        ['first head', `first ${JSON.stringify(PENDING).length}`, 'background', 'first end'],
      ])
      stored.push(output)
      await vi.advanceTimersByTimeAsync(1_000)
      expect(cancelled).toEqual([{ runId: 'r-1', sessionId: 's' }])
      expect([calls.at(-1), unwatched.size]).toEqual(['duration', 0])
    },
  )

  test.each(['COMPLETED', 'PAUSED'])('a run that is %s at its duration is left', async (status) => {
    const { stored, cancelled, unwatched } = answered({ durationMs: 1_000 })
    stored.push({ ...PENDING, status })
    await vi.advanceTimersByTimeAsync(1_000)
    expect([cancelled, unwatched.size]).toEqual([[], 0])
  })

  test.each([
    [{ durationMs: 1_000 }, { ...PENDING, status: 'COMPLETED' }],
    [{ tokens: 1 }, PENDING],
  ])('a run with %j that answers %j is not kept', (limit, output) => {
    expect(answered(limit, output).unwatched.size).toBe(0)
  })

  test('a run above 5,000 without a response is cancelled at once', () => {
    const all = guarded({ durationMs: 1_000 })
    for (let index = 0; index < 5_000; index++) all.unwatched.add({} as RunGuard)
    all.guard.readOutput(PENDING)
    all.guard.end()
    expect([all.cancelled.length, all.calls.at(-1)]).toEqual([1, 'duration'])
  })

  test('a stream whose end was read is not kept', () => {
    const { guard, unwatched } = guarded({ durationMs: 1_000 })
    guard.readEvent({ event: 'RunStarted', run_id: 'r-1', event_index: 0 })
    guard.readEvent({ event: 'RunCompleted', run_id: 'r-1', event_index: 1 })
    guard.end()
    expect(unwatched.size).toBe(0)
  })
})

test.each(['RunCompleted', 'RunPaused'])('a run is not stopped by its last event %s', (event) => {
  const { guard, cancelled } = guarded({ tokens: 5 })
  guard.readEvent({ event: 'RunStarted', run_id: 'r-1' })
  guard.readEvent({ event, run_id: 'r-1', metrics: { input_tokens: 10 } })
  expect(cancelled).toEqual([])
})
