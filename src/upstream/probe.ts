/** One request whose answer matters no further than its status. */
import type { Dispatcher } from 'undici'

/** Resolves with the status once the answer is complete; what else it says is dropped. */
export class Probe implements Dispatcher.DispatchHandler {
  readonly status: Promise<number>
  readonly #timer: NodeJS.Timeout
  readonly #settle: PromiseWithResolvers<number>
  #controller: Dispatcher.DispatchController | undefined
  #status = 0

  /** @param timeoutMs for all of it, in milliseconds; after it the request is given up */
  constructor(timeoutMs: number) {
    this.#settle = Promise.withResolvers<number>()
    this.status = this.#settle.promise
    this.#timer = setTimeout(() => this.#giveUp(), timeoutMs)
  }

  #giveUp(): void {
    const error = Object.assign(new Error('no answer in time'), { name: 'TimeoutError' })
    this.#settle.reject(error)
    this.#controller?.abort(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(): void {}

  onResponseEnd(): void {
    clearTimeout(this.#timer)
    this.#settle.resolve(this.#status)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer)
    this.#settle.reject(error)
  }
}
