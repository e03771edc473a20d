/**
 * One coarse clock for all silence limits and heartbeats of the process. A timer per stream would cost two timer operations
 * per chunk; here an activity is one integer store, and one interval visits all open requests.
 */

import { UnorderedSet } from '../unordered-set.ts'

/** Receives ticks, for example to check a silence limit. */
export interface TickListener {
  /** @param now number of the tick; compare it with {@link Ticker.now} at the last activity */
  onTick(now: number): void
}

/** Counts ticks and calls the listeners. Does not keep the process alive. */
export class Ticker {
  /** Length of a tick in milliseconds, which is the precision of all its limits. */
  readonly periodMs: number
  /** Number of the current tick. */
  now = 0
  readonly #listeners = new UnorderedSet<TickListener>()
  #timer: NodeJS.Timeout | undefined

  /** @param periodMs length of a tick; default 250 ms */
  constructor(periodMs = 250) {
    this.periodMs = periodMs
  }

  /**
   * Returns a ticker for the given intervals in milliseconds; zeros are ignored. A tick is a quarter of the smallest, from
   * 10 to 250 ms.
   */
  static forIntervals(intervalsMs: readonly number[]): Ticker {
    const smallest = Math.min(...intervalsMs.filter((ms) => ms > 0), 1000)
    return new Ticker(Math.max(10, Math.floor(smallest / 4)))
  }

  /** Number of ticks in `ms`, rounded up so that no limit is shortened; 0 stays 0, for no limit. */
  ticks(ms: number): number {
    return ms === 0 ? 0 : Math.ceil(ms / this.periodMs) + 1
  }

  add(watched: TickListener): void {
    this.#listeners.add(watched)
    this.#timer ??= setInterval(() => this.#tick(), this.periodMs).unref()
  }

  delete(watched: TickListener): void {
    this.#listeners.delete(watched)
  }

  /** Number of listeners. */
  get size(): number {
    return this.#listeners.size
  }

  /** An exception removes only its own listener; the others still get the tick. */
  #notify(watched: TickListener): void {
    try {
      watched.onTick(this.now)
    } catch (error) {
      this.delete(watched)
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #tick(): void {
    this.now++
    for (const watched of this.#listeners) this.#notify(watched)
    if (this.#listeners.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}
