/** Builds the events of the resume route and of the WebSocket's `reconnect`: first the missed ones, then the live ones. */
import { setTimeout } from 'node:timers/promises'
import type { ComposedEvent } from '../../src/compose/member.ts'
import type { ComposeStore, StoredRun } from '../../src/compose/store.ts'
import { belongsTo, isRunOf } from '../access.ts'
import type { Runs } from '../runs.ts'

/** A run and the position of its reader. */
export interface Resuming {
  readonly runs: Runs
  readonly store: ComposeStore
  readonly kind: 'teams' | 'workflows'
  /** The component whose runs may be read; undefined for every component of the kind. */
  readonly componentId: string | undefined
  readonly runId: string
  /** Index of the last event that the reader has; -1 for none. */
  readonly last: number
  readonly signal: AbortSignal
  /** The only user whose runs may be read; undefined for no limit. */
  readonly user: string | undefined
}

/** How often a run of another composer is looked at, in milliseconds. */
const POLL_MS = 100

/** Events, with AgentOS's notes `catch_up`, `subscribed`, `replay` and `error`. */
export async function* resumeEvents(
  resuming: Resuming,
): AsyncGenerator<ComposedEvent, void, undefined> {
  const { store, runId, last } = resuming
  const stored = await store.run(runId)
  if (stored === undefined || !mayRead(stored, resuming)) {
    yield { event: 'error', error: `Run ${runId} not found in buffer or database` }
  } else if (stored.status === 'RUNNING') yield* follow(resuming)
  else if (stored.isBackground) {
    const missed = await store.events(runId, last)
    const total = missed.length + Math.max(0, last + 1)
    yield {
      event: 'replay',
      run_id: runId,
      status: stored.status,
      total_events: missed.length,
      total_buffered: total,
      last_event_index_requested: last,
      message: `Run ${stored.status}. Replaying ${missed.length} missed events (of ${total} total).`,
    }
    yield* missed
  } else yield { event: 'error', error: `Run ${runId} not found in buffer or database` }
}

function mayRead(run: StoredRun, { kind, componentId = run.componentId, user }: Resuming): boolean {
  return isRunOf(run, { kind, componentId }) && belongsTo(run, user)
}

async function* follow(resuming: Resuming): AsyncGenerator<ComposedEvent, void, undefined> {
  const { store, kind, runId, last } = resuming
  const { count } = await store.positions(runId)
  const state = { run_id: runId, status: 'running' }
  const subscribed = {
    event: 'subscribed',
    ...state,
    current_event_count: count,
    message: `Subscribed to ${kind.slice(0, -1)} run. Receiving live events.`,
  }
  const missed = count - (last + 1)
  if (missed > 0) {
    yield {
      event: 'catch_up',
      ...state,
      missed_events: missed,
      current_event_count: count,
      message: `Catching up on ${missed} missed events.`,
    }
  }
  let next = last + 1
  let hasSubscribed = next >= count
  if (hasSubscribed) yield subscribed
  for await (const event of eventsFrom(resuming, next)) {
    yield event
    next++
    if (!hasSubscribed && next >= count) {
      hasSubscribed = true
      yield subscribed
    }
  }
}

/** Events of a run in progress: of this process, or of another one through the store. */
async function* eventsFrom(
  { runs, store, runId, signal }: Resuming,
  first: number,
): AsyncGenerator<ComposedEvent, void, undefined> {
  let next = first
  while (!signal.aborted) {
    const live = runs.live(runId)
    if (live?.hasLog) {
      for await (const event of live.follow(next, signal)) {
        next++
        yield event
      }
    }
    const run = await store.run(runId)
    for (const event of await store.events(runId, next - 1)) {
      next++
      yield event
    }
    if (run?.status !== 'RUNNING') return
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => undefined)
  }
}
