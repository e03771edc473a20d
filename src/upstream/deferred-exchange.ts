/** An exchange that the caller can abort before its request is sent. A later request can take its place. */
import type { Exchange } from './exchange.ts'

/** Passes calls on to the exchange of the request that was sent last. */
export class DeferredExchange implements Exchange {
  #isAborted = false
  #sent: Exchange | undefined

  /** Nothing more may be sent. */
  get isAborted(): boolean {
    return this.#isAborted
  }

  /** Passes later calls on to this exchange. */
  follow(sent: Exchange): void {
    this.#sent = sent
  }

  abort(): void {
    this.#isAborted = true
    this.#sent?.abort()
  }

  pause(): void {
    this.#sent?.pause()
  }

  resume(): void {
    this.#sent?.resume()
  }

  limitSilence(ms: number): void {
    this.#sent?.limitSilence(ms)
  }
}
