/** Sends a request of which only the status matters, such as a health check. */
import type { Dispatcher } from 'undici'

/** Resolves with the status after the end of the response. Drops the body. */
export class Probe implements Dispatcher.DispatchHandler {
  readonly status: Promise<number>
  readonly #timer: NodeJS.Timeout
  readonly #settle: PromiseWithResolvers<number>
  #controller: Dispatcher.DispatchController | undefined
  #status = 0

  /** @param timeoutMs limit for the whole request, in milliseconds */
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
