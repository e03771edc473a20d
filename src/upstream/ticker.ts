/**
 * One coarse clock for every silence limit and heartbeat of the process. A timer per stream costs two timer operations per
 * chunk; here activity is one integer store, and a single interval walks whoever is open.
 */

import { UnorderedSet } from '../unordered-set.ts'

/** Something that wants to be asked now and then whether it has been silent for too long. */
export interface TickListener {
  /** @param now the tick that has just begun; compare with {@link Ticker.now} as noted at the last activity */
  onTick(now: number): void
}

/** Counts ticks and wakes the watched. Keeps no process alive. */
export class Ticker {
  /** Length of a tick in milliseconds: the precision of every limit that is kept with it. */
  readonly periodMs: number
  /** Number of the current tick. */
  now = 0
  readonly #listeners = new UnorderedSet<TickListener>()
  #timer: NodeJS.Timeout | undefined

  /** @param periodMs precision wanted; default 250 ms */
  constructor(periodMs = 250) {
    this.periodMs = periodMs
  }

  /** A ticker fine enough for the given intervals (milliseconds; zeros are ignored): a quarter of the smallest, 10 to 250 ms. */
  static forIntervals(intervalsMs: readonly number[]): Ticker {
    const smallest = Math.min(...intervalsMs.filter((ms) => ms > 0), 1000)
    return new Ticker(Math.max(10, Math.floor(smallest / 4)))
  }

  /** How many ticks make up `ms`, rounded up so that no limit is cut short; 0 stays 0 (no limit). */
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

  /** How many are being watched; they are what is in flight. */
  get size(): number {
    return this.#listeners.size
  }

  /** A failure is one watched's own, and ends with it: the others are woken all the same. */
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
