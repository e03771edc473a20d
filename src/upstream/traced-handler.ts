/** Passes undici's events to an attempt, and records them in its trace. */
import type { Dispatcher } from 'undici'
import { GatewayError } from '../errors.ts'
import type { AttemptTrace } from './trace.ts'

/** The events that an attempt handles. */
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

/** The gateway's error code, or else the network's. */
function failureOf(error: Error & { code?: unknown }): string | undefined {
  if (error instanceof AttemptAborted) return undefined
  if (error instanceof GatewayError) return error.code
  return typeof error.code === 'string' ? error.code : error.name
}

/** Reason of an aborted attempt, which did not fail. */
export class AttemptAborted extends Error {
  override readonly name = 'GivenUp'
}
