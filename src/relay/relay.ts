/** Copies one upstream response to the caller: bytes untouched, in their own time, at the caller's pace. */
import type { ServerResponse } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import type { BrokenRun } from './error-event.ts'
import { errorEvent } from './error-event.ts'
import { EventBoundary } from './event-boundary.ts'
import { answerHead } from './response-headers.ts'
import { runIdIn } from './run-id.ts'

/** Up to here a body that comes in one piece leaves in one write together with its head. */
const ONE_WRITE_BYTES = 16 * 1024

/** AgentOS's own heartbeat, as it writes it on resume. */
const HEARTBEAT = ': heartbeat\n\n'

/** What one relay is told. */
export interface RelayOptions {
  /** Headers of ours, names and values in turn; they replace the upstream's. */
  readonly headers: readonly string[]
  /** Silence, in ticks of the upstream's clock, after which a heartbeat goes out on an event stream; 0 for none. */
  readonly heartbeatTicks: number
  /** Longest silence inside an event stream, in milliseconds; 0 for none. */
  readonly streamIdleMs: number
  /** Whose run it is, for the typed last event. */
  readonly run: Omit<BrokenRun, 'runId'>
  /** Told the first bytes of the body, and the replica they came from. */
  onFirstBytes?: ((bytes: Buffer, head: ResponseHead) => void) | undefined
  /** Answers a failure that came before the head; the relay has written nothing then. */
  onRefused(error: GatewayError): void
}

/** What became of a response, for the log and the metrics. Read it when the response has closed. */
export interface RelayOutcome {
  /** Bytes of body sent to the caller. */
  bytes: number
  runId: string | undefined
  isEventStream: boolean
  /** Set when the upstream failed; an answer may have begun before. */
  error: GatewayError | undefined
}

/** One response on its way from an upstream to a caller. */
export class Relay implements ResponseSink {
  readonly outcome: RelayOutcome = {
    bytes: 0,
    runId: undefined,
    isEventStream: false,
    error: undefined,
  }
  readonly #response: ServerResponse
  readonly #options: RelayOptions
  #exchange: Exchange | undefined
  #head: ResponseHead | undefined
  #events: EventBoundary | undefined
  #heartbeats = 0
  #isFirst = true
  /** Bytes of a body of announced length that are still to come; NaN where no length was announced. */
  #bytesLeft = Number.NaN
  #awaitsDrain = false

  constructor(response: ServerResponse, options: RelayOptions) {
    this.#response = response
    this.#options = options
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    if (this.#response.writableEnded) {
      exchange.abort()
      return
    }
    this.#exchange = exchange
    this.#head = head
    const answer = answerHead(head, this.#options.headers)
    this.#response.writeHead(answer.status, answer.statusText, answer.headers)
    if (!answer.isEventStream) {
      this.#bytesLeft = answer.contentLength
      return
    }
    this.outcome.isEventStream = true
    exchange.limitSilence(this.#options.streamIdleMs)
    // The caller learns that its stream is open even if the first event takes minutes.
    this.#response.flushHeaders()
    if (answer.acceptsEvents) this.#events = new EventBoundary()
  }

  onData(chunk: Buffer): void {
    if (this.#isFirst) {
      this.#isFirst = false
      this.outcome.runId = runIdIn(chunk)
      this.#options.onFirstBytes?.(chunk, this.#head as ResponseHead)
    }
    this.#heartbeats = 0
    this.#bytesLeft -= chunk.length
    if (this.#bytesLeft === 0) {
      this.#finish(chunk)
      return
    }
    const bytes = this.#events === undefined ? chunk : this.#events.push(chunk)
    if (bytes !== undefined) this.#write(bytes)
  }

  /** The last bytes of an announced length: sent with the end, and with the head where they are all there is. */
  #finish(chunk: Buffer): void {
    const isWhole = this.outcome.bytes === 0 && chunk.length <= ONE_WRITE_BYTES
    this.outcome.bytes += chunk.length
    if (isWhole) this.#response.end(chunk.toString('latin1'), 'latin1')
    else this.#response.end(chunk)
  }

  #write(bytes: Buffer): void {
    this.outcome.bytes += bytes.length
    if (this.#response.write(bytes) || this.#awaitsDrain) return
    this.#awaitsDrain = true
    this.#exchange?.pause()
    this.#response.once('drain', () => {
      this.#awaitsDrain = false
      this.#exchange?.resume()
    })
  }

  onTick(silentTicks: number): void {
    const { heartbeatTicks } = this.#options
    // A head that came without a body is passed on without one.
    if (this.#isFirst && this.#response.headersSent) this.#response.flushHeaders()
    if (heartbeatTicks === 0 || this.#events === undefined || this.#awaitsDrain) return
    if (silentTicks < heartbeatTicks * (this.#heartbeats + 1) || !this.#events.isClean) return
    this.#heartbeats++
    this.#response.write(HEARTBEAT)
  }

  onEnd(): void {
    if (this.#response.writableEnded) return
    const rest = this.#events?.rest()
    if (rest) this.#write(rest)
    this.#response.end()
  }

  /**
   * Ends a response with a failure: an answer where none has begun, a typed last event where there is room for one, and
   * never a clean end. Nothing more is taken from the upstream.
   */
  onError(error: GatewayError): void {
    this.outcome.error = error
    this.#exchange?.abort()
    if (this.#response.headersSent) this.#breakOff(error)
    else this.#options.onRefused(answerable(error))
  }

  #breakOff(error: GatewayError): void {
    const response = this.#response
    if (this.#events === undefined || !this.#events.isClean) {
      response.destroy()
      return
    }
    const run = { ...this.#options.run, runId: this.outcome.runId }
    // Only once the event is on its way may the connection break.
    response.write(errorEvent(error, run, Date.now()), () => response.destroy())
  }
}

/** A head that could not be passed on, for what stands in it, leaves an answer still to be given. */
function answerable(error: GatewayError): GatewayError {
  if (error.status !== 0) return error
  const { upstream, cause } = error
  return new GatewayError('AGW_UPSTREAM_PROTOCOL', {
    ...(upstream === undefined ? {} : { upstream }),
    cause,
  })
}
