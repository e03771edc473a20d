/** Queues requests while every replica is full: first in, first out, with a limit on length and wait. */
import type { QueueConfig } from '../../config/types.ts'
import type { Ticker, TickListener } from './ticker.ts'

/** A request in the queue. */
export interface QueuedRequest {
  /** Sends the request if a replica has room. @returns true when it was sent */
  tryStart(): boolean
  /** The wait has reached its limit. */
  onTimeout(): void
}

export class RequestQueue implements TickListener {
  readonly #ticker: Ticker
  readonly #config: QueueConfig
  /** Requests in order of arrival, each with the tick of its deadline. */
  readonly #waiting = new Map<QueuedRequest, number>()

  constructor(ticker: Ticker, config: QueueConfig) {
    this.#ticker = ticker
    this.#config = config
  }

  get length(): number {
    return this.#waiting.size
  }

  /** @returns false when the queue is full */
  join(waiting: QueuedRequest): boolean {
    if (this.#waiting.size >= this.#config.size) return false
    this.#waiting.set(waiting, this.#ticker.now + this.#ticker.ticks(this.#config.timeoutMs))
    this.#ticker.add(this)
    return true
  }

  leave(waiting: QueuedRequest): void {
    if (this.#waiting.delete(waiting) && this.#waiting.size === 0) this.#ticker.delete(this)
  }

  /** Sends requests from the front while replicas have room. */
  advance(): void {
    for (const waiting of this.#waiting.keys()) {
      if (!waiting.tryStart()) return
      this.leave(waiting)
    }
  }

  /** A replica can also recover without the end of a request, so each tick tries the queue. */
  onTick(now: number): void {
    this.advance()
    for (const [waiting, deadline] of this.#waiting) {
      if (now < deadline) return
      this.leave(waiting)
      waiting.onTimeout()
    }
  }
}
