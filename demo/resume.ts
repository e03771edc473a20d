/** Serves the three forms of resuming: replay and follow, replay from memory, replay from the session. */
import type { Kind } from './components.ts'
import { formatEvent, formatNote } from './events.ts'
import { storedEvents } from './outputs.ts'
import type { Run } from './run.ts'

/**
 * Returns the events after index `last` of a background or continued run; for other runs, the stored events. @param
 * inSession whether the client has named the run's session
 */
export async function* resumeEvents(
  kind: Kind,
  runId: string,
  run: Run | undefined,
  last: number,
  inSession: boolean,
): AsyncGenerator<string> {
  if (run?.isIndexed) yield* run.status === 'RUNNING' ? follow(kind, run, last) : replay(run, last)
  else if (run && inSession) yield* replayStored(run)
  else {
    const error = `Run ${runId} not found in buffer or database`
    yield formatNote({ event: 'error', error })
  }
}

async function* follow(kind: Kind, run: Run, last: number): AsyncGenerator<string> {
  const { log } = run
  const count = log.events.length
  const missed = log.events.slice(last + 1)
  const state = { run_id: run.id, status: 'running' }
  if (missed.length > 0) {
    yield formatNote({
      event: 'catch_up',
      ...state,
      missed_events: missed.length,
      current_event_count: count,
      message: `Catching up on ${missed.length} missed events.`,
    })
    for (const [offset, event] of missed.entries()) yield formatEvent(event, last + 1 + offset)
  }
  yield formatNote({
    event: 'subscribed',
    ...state,
    current_event_count: count,
    message: `Subscribed to ${kind} run. Receiving live events.`,
  })
  for await (const [index, event] of log.follow(Math.max(count, last + 1))) {
    yield formatEvent(event, index)
  }
}

async function* replay(run: Run, last: number): AsyncGenerator<string> {
  const { events } = run.log
  const missed = events.slice(last + 1)
  yield formatNote({
    event: 'replay',
    run_id: run.id,
    status: run.status,
    total_events: missed.length,
    total_buffered: events.length,
    last_event_index_requested: last,
    message: `Run ${run.status}. Replaying ${missed.length} missed events (of ${events.length} total).`,
  })
  for (const [offset, event] of missed.entries()) yield formatEvent(event, last + 1 + offset)
}

async function* replayStored(run: Run): AsyncGenerator<string> {
  const events = storedEvents(run)
  yield formatNote({
    event: 'replay',
    run_id: run.id,
    status: run.status,
    total_events: events.length,
    message: 'Run completed. Replaying all events from database.',
  })
  for (const [index, event] of events.entries()) yield formatEvent(event, index)
}
