/** Stands between undici and an attempt that is followed, and tells of it what undici tells. */
import type { Dispatcher } from 'undici'
import { GatewayError } from '../errors.ts'
import type { AttemptTrace } from './trace.ts'

/** What an attempt listens to. */
export type AttemptHandler = Required<
  Pick<
    Dispatcher.DispatchHandler,
    | 'onRequestStart'
    | 'onBodySent'
    | 'onResponseStart'
    | 'onResponseData'
    | 'onResponseEnd'
    | 'onResponseError'
  >
>

export class TracedHandler implements AttemptHandler {
  readonly #handler: AttemptHandler
  readonly #trace: AttemptTrace
  #hasBytes = false

  constructor(handler: AttemptHandler, trace: AttemptTrace) {
    this.#handler = handler
    this.#trace = trace
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#handler.onRequestStart(controller, context)
  }

  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent(chunk)
  }

  onResponseStart(...args: Parameters<AttemptHandler['onResponseStart']>): void {
    const [, status] = args
    if (status >= 200) this.#trace.answered(status)
    this.#handler.onResponseStart(...args)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#hasBytes) {
      this.#hasBytes = true
      this.#trace.firstByte()
    }
    this.#handler.onResponseData(controller, chunk)
  }

  onResponseEnd(...args: Parameters<AttemptHandler['onResponseEnd']>): void {
    this.#trace.end()
    this.#handler.onResponseEnd(...args)
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#trace.end(failureOf(error))
    this.#handler.onResponseError(controller, error)
  }
}

/** The gateway's own code where it gave the attempt up, else that of the network. */
function failureOf(error: Error & { code?: unknown }): string | undefined {
  if (error instanceof AttemptAborted) return undefined
  if (error instanceof GatewayError) return error.code
  return typeof error.code === 'string' ? error.code : error.name
}

/** Why an attempt ends that did not fail: nobody wants its answer any more. */
export class AttemptAborted extends Error {
  override readonly name = 'GivenUp'
}
