/** Serves the resume route: first the missed events of a run, then the live ones. */
import type { ComposeStore } from '../../src/compose/store.ts'
import { eventText } from '../event-stream.ts'
import type { Runs } from '../runs.ts'

/** A run and the reader's position in it. */
export interface Resuming {
  readonly runs: Runs
  readonly store: ComposeStore
  readonly kind: 'teams' | 'workflows'
  readonly runId: string
  /** Index of the last event that the reader has received; -1 for none. */
  readonly last: number
  readonly signal: AbortSignal
}

/** Returns events in AgentOS's format, with AgentOS's status events `catch_up`, `subscribed`, `replay` and `error`. */
export async function* resumeEvents(resuming: Resuming): AsyncGenerator<string, void, undefined> {
  const { runs, store, runId, last } = resuming
  const live = runs.live(runId)
  const stored = store.run(runId)
  if (live && stored?.isBackground) yield* follow(resuming, live.eventCount())
  else if (stored?.isBackground) {
    const missed = store.events(runId, last)
    const total = missed.length + Math.max(0, last + 1)
    yield note({
      event: 'replay',
      run_id: runId,
      status: stored.status,
      total_events: missed.length,
      total_buffered: total,
      last_event_index_requested: last,
      message: `Run ${stored.status}. Replaying ${missed.length} missed events (of ${total} total).`,
    })
    for (const event of missed) yield eventText(event)
  } else yield note({ event: 'error', error: `Run ${runId} not found in buffer or database` })
}

async function* follow(
  { runs, kind, runId, last, signal }: Resuming,
  count: number,
): AsyncGenerator<string, void, undefined> {
  const live = runs.live(runId)
  if (live === undefined) return
  const state = { run_id: runId, status: 'running' }
  const subscribed = note({
    event: 'subscribed',
    ...state,
    current_event_count: count,
    message: `Subscribed to ${kind.slice(0, -1)} run. Receiving live events.`,
  })
  const missed = count - (last + 1)
  if (missed > 0) {
    yield note({
      event: 'catch_up',
      ...state,
      missed_events: missed,
      current_event_count: count,
      message: `Catching up on ${missed} missed events.`,
    })
  }
  let next = last + 1
  let hasSubscribed = false
  if (next >= count) {
    hasSubscribed = true
    yield subscribed
  }
  for await (const event of live.follow(next, signal)) {
    yield eventText(event)
    next++
    if (!hasSubscribed && next >= count) {
      hasSubscribed = true
      yield subscribed
    }
  }
}

function note(data: { readonly event: string; readonly [key: string]: unknown }): string {
  return `event: ${data.event}\ndata: ${JSON.stringify(data)}\n\n`
}
