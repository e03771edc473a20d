/** Requests that wait for a replica to have room: first come, first served, not too many and not for too long. */
import type { QueueConfig } from '../../config/types.ts'
import type { Ticker, TickListener } from './ticker.ts'

/** Someone who waits. */
export interface QueuedRequest {
  /** Goes, if there is room now. @returns whether it has gone */
  tryStart(): boolean
  /** Has waited for too long. */
  onTimeout(): void
}

export class RequestQueue implements TickListener {
  readonly #ticker: Ticker
  readonly #config: QueueConfig
  /** Each with the tick at which its patience ends; in order of arrival. */
  readonly #waiting = new Map<QueuedRequest, number>()

  constructor(ticker: Ticker, config: QueueConfig) {
    this.#ticker = ticker
    this.#config = config
  }

  get length(): number {
    return this.#waiting.size
  }

  /** @returns false when the line is full */
  join(waiting: QueuedRequest): boolean {
    if (this.#waiting.size >= this.#config.size) return false
    this.#waiting.set(waiting, this.#ticker.now + this.#ticker.ticks(this.#config.timeoutMs))
    this.#ticker.add(this)
    return true
  }

  leave(waiting: QueuedRequest): void {
    if (this.#waiting.delete(waiting) && this.#waiting.size === 0) this.#ticker.delete(this)
  }

  /** Lets those in front go, as far as there is room. */
  advance(): void {
    for (const waiting of this.#waiting.keys()) {
      if (!waiting.tryStart()) return
      this.leave(waiting)
    }
  }

  /** Replicas also come back without a request ending, so the line is looked after now and then. */
  onTick(now: number): void {
    this.advance()
    for (const [waiting, deadline] of this.#waiting) {
      if (now < deadline) return
      this.leave(waiting)
      waiting.onTimeout()
    }
  }
}
