/** Stores the events of a run in progress and passes them on to its readers. An event is sent when it is durable. */
import { Channel } from '../src/compose/channel.ts'
import type { ComposedEvent } from '../src/compose/member.ts'
import type { EventPosition } from '../src/compose/named-run.ts'
import type { ComposeStore } from '../src/compose/store.ts'
import { EventLog } from './event-log.ts'

/** Destination of the events of a run. */
export interface RunEvents {
  /** Resolves when the next event may come. @throws {RunTaken} also for an earlier event */
  add(event: ComposedEvent, position?: EventPosition): Promise<void>
  /** Resolves when every event is durable and sent. @throws {RunTaken} */
  written(): Promise<void>
  end(): void
  count(): number
  /** Events from an index on, until the run ends or the signal is aborted. */
  follow(
    index: number,
    signal: AbortSignal,
    onLeave: () => void,
  ): AsyncGenerator<ComposedEvent, void, undefined>
}

/** Most events of a run that wait for the store. */
const MAX_UNWRITTEN = 64

/** Sends events in their order, each when its write has ended, without waiting for each write. */
class WriteQueue {
  #tail: Promise<void> = Promise.resolve()
  #unwritten = 0

  async add(write: Promise<void>, send: () => Promise<void> | void): Promise<void> {
    this.#unwritten++
    const tail = Promise.all([this.#tail, write]).then(send)
    this.#tail = tail
    tail.catch(() => undefined).finally(() => this.#unwritten--)
    if (this.#unwritten >= MAX_UNWRITTEN) await tail
  }

  end(): Promise<void> {
    return this.#tail
  }
}

/**
 * For one reader, who sets the pace. Events are stored, so that the reader can come back after a crash, but sent without
 * an index, as AgentOS sends those of a run in the foreground.
 *
 * @param first number of events of earlier parts of the run
 */
export function directEvents(store: ComposeStore, runId: string, first = 0): RunEvents {
  const channel = new Channel<ComposedEvent>()
  const queue = new WriteQueue()
  let count = first
  return {
    add: (event, position) => {
      if (!store.isDurable) return channel.push(event)
      const numbered = { ...event, event_index: count }
      const write = store.appendEvent(runId, { index: count++, event: numbered, position })
      return queue.add(write, () => channel.push(event))
    },
    written: () => queue.end(),
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
  const queue = new WriteQueue()
  let count = earlier.length
  return {
    add: (event, position) => {
      const index = count++
      const numbered = { ...event, event_index: index }
      const write = store.appendEvent(runId, { index, event: numbered, position })
      return queue.add(write, () => log.append(numbered))
    },
    written: () => queue.end(),
    end: () => log.end(),
    count: () => log.length,
    follow: (index, signal) => log.follow(index, signal),
  }
}
