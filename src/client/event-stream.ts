/** Receives the response of a streamed run and yields its events, with backpressure. */
import { GatewayError } from '../errors.ts'
import type { ServerSentEvent } from '../relay/event-stream-parser.ts'
import { EventStreamParser } from '../relay/event-stream-parser.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { headerOf } from '../upstream/header-of.ts'
import { AgentOSError } from './agentos-error.ts'

/** Reading from the upstream pauses when this many events wait. */
const MAX_WAITING_EVENTS = 64
/** Most bytes that are read of an error response. */
const MAX_ERROR_BYTES = 1024 * 1024

type End = { readonly error: Error | undefined }

/** The events of one streamed response. Can be iterated once. */
export class EventStream implements ResponseSink, AsyncIterable<ServerSentEvent> {
  readonly #upstream: string
  readonly #silenceMs: number
  readonly #parser = new EventStreamParser()
  readonly #waiting: ServerSentEvent[] = []
  readonly #errorBody: Buffer[] = []
  #errorBytes = 0
  #status = 0
  #retryAfter: string | undefined
  #exchange: Exchange | undefined
  #isPaused = false
  #end: End | undefined
  #wake: (() => void) | undefined

  /**
   * @param upstream name in error messages
   * @param silenceMs longest silence between two events in milliseconds; 0 for none
   */
  constructor(upstream: string, silenceMs: number) {
    this.#upstream = upstream
    this.#silenceMs = silenceMs
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    this.#exchange = exchange
    this.#status = head.status
    if (head.status >= 300) {
      this.#retryAfter = headerOf(head, 'retry-after')
      return
    }
    if (isEventStream(head.rawHeaders)) {
      exchange.limitSilence(this.#silenceMs)
      return
    }
    exchange.abort()
    const detail = `Upstream '${this.#upstream}' answered a streamed run without an event stream`
    this.onError(new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream: this.#upstream, detail }))
  }

  onData(chunk: Buffer): void {
    if (this.#status >= 300) {
      this.#errorBytes += chunk.length
      if (this.#errorBytes <= MAX_ERROR_BYTES) this.#errorBody.push(chunk)
      return
    }
    const events = this.#parser.push(chunk)
    if (events.length === 0) return
    this.#waiting.push(...events)
    if (this.#waiting.length >= MAX_WAITING_EVENTS && !this.#isPaused) {
      this.#isPaused = true
      this.#exchange?.pause()
    }
    this.#wake?.()
  }

  onEnd(): void {
    if (this.#status < 300) {
      this.#finish(undefined)
      return
    }
    const body = Buffer.concat(this.#errorBody)
    this.#finish(AgentOSError.fromAnswer(this.#status, body, this.#retryAfter))
  }

  onError(error: Error): void {
    this.#finish(error)
  }

  /** Ends the iteration with `error` at once and drops unread events. */
  cut(error: Error): void {
    this.#waiting.length = 0
    this.#finish(error)
  }

  /**
   * @throws {AgentOSError} when the upstream answers with an error
   * @throws {GatewayError} when the response fails, after the events that arrived
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ServerSentEvent, void, undefined> {
    while (true) {
      const event = this.#waiting.shift()
      if (event !== undefined) {
        yield event
        continue
      }
      if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error
        return
      }
      await this.#more()
    }
  }

  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    if (this.#isPaused) {
      this.#isPaused = false
      this.#exchange?.resume()
    }
    return promise
  }

  #finish(error: Error | undefined): void {
    this.#end ??= { error }
    this.#wake?.()
  }
}

function isEventStream(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === 'content-type') {
      return rawHeaders[i + 1]?.trimStart().toLowerCase().startsWith('text/event-stream') ?? false
    }
  }
  return false
}
