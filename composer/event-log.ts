/** Keeps the events of one run in memory for any number of readers, each at its own position. */
import type { ComposedEvent } from '../src/compose/member.ts'

/** The events of one run. The log has no size limit; it ends with the run. */
export class EventLog {
  readonly #events: ComposedEvent[]
  readonly #waiting = new Set<() => void>()
  #isEnded = false

  /** @param earlier the first events */
  constructor(earlier: readonly ComposedEvent[] = []) {
    this.#events = [...earlier]
  }

  get length(): number {
    return this.#events.length
  }

  append(event: ComposedEvent): void {
    this.#events.push(event)
    this.#wake()
  }

  /** Ends the log. */
  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  /** Returns the events from an index, until the run ends or the signal is aborted. */
  async *follow(
    index: number,
    signal: AbortSignal,
  ): AsyncGenerator<ComposedEvent, void, undefined> {
    for (let next = index; !signal.aborted; ) {
      const event = this.#events[next]
      if (event !== undefined) {
        next++
        yield event
      } else if (this.#isEnded) return
      else await this.#more(signal)
    }
  }

  async #more(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const onAbort = () => resolve()
    this.#waiting.add(resolve)
    signal.addEventListener('abort', onAbort, { once: true })
    await promise
    signal.removeEventListener('abort', onAbort)
    this.#waiting.delete(resolve)
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}
