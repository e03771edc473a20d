/** Stores the events of a run in progress and passes them on to its readers. */
import { Channel } from '../src/compose/channel.ts'
import type { EventPosition } from '../src/compose/composed-run.ts'
import type { ComposedEvent } from '../src/compose/member.ts'
import type { ComposeStore } from '../src/compose/store.ts'
import { EventLog } from './event-log.ts'

/** Where a run's events go. */
export interface RunEvents {
  add(event: ComposedEvent, position?: EventPosition): Promise<void>
  end(): void
  count(): number
  /** Events from an index on, until the run ends or the signal is aborted. */
  follow(
    index: number,
    signal: AbortSignal,
    onLeave: () => void,
  ): AsyncGenerator<ComposedEvent, void, undefined>
}

/**
 * For one reader, who sets the pace. Events are stored, so that the reader can come back after a crash, but sent without
 * an index, as AgentOS sends those of a run in the foreground.
 *
 * @param first number of events of earlier parts of the run
 */
export function directEvents(store: ComposeStore, runId: string, first = 0): RunEvents {
  const channel = new Channel<ComposedEvent>()
  let count = first
  return {
    add: async (event, position) => {
      if (store.isDurable) {
        const numbered = { ...event, event_index: count }
        await store.appendEvent(runId, { index: count++, event: numbered, position })
      }
      await channel.push(event)
    },
    end: () => channel.close(),
    count: () => count,
    follow: (_index, signal, onLeave) => {
      signal.addEventListener('abort', onLeave, { once: true })
      return channel.read(onLeave)
    },
  }
}

/** For any number of readers, who come and go. @param earlier events of earlier parts of the run */
export function loggedEvents(
  store: ComposeStore,
  runId: string,
  earlier: readonly ComposedEvent[] = [],
): RunEvents {
  const log = new EventLog(earlier)
  let count = earlier.length
  return {
    add: async (event, position) => {
      const index = count++
      const numbered = { ...event, event_index: index }
      await store.appendEvent(runId, { index, event: numbered, position })
      log.append(numbered)
    },
    end: () => log.end(),
    count: () => log.length,
    follow: (index, signal) => log.follow(index, signal),
  }
}
