/** Copies one upstream response to the caller: the bytes unchanged, with backpressure. Does not parse bodies. */
import { GatewayError } from '../errors.ts'
import { resetCaller } from '../limits/reset-caller.ts'
import { countEvents } from '../sse/events.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { runIdIn, sessionIdIn } from './body-fields.ts'
import type { BrokenRun } from './error-event.ts'
import { errorEvent } from './error-event.ts'
import { EventBoundary } from './event-boundary.ts'
import { behindHeartbeat, heartbeatBehind } from './heartbeat.ts'
import type { PublicAddresses } from './public-address.ts'
import type { Position, ReattachedStream, RunResumer } from './reattachment.ts'
import { lastIndexIn, Reattachment } from './reattachment.ts'
import type { RelayOutput } from './relay-output.ts'
import { ResponseTail, writeBody } from './response-body.ts'
import { answerHead } from './response-headers.ts'

/** A body in one chunk of at most this size is written together with its head. */
const ONE_WRITE_BYTES = 16 * 1024

/** Pause between the error event and the end of the connection, in milliseconds, so that the caller can read the event. */
const ERROR_EVENT_LINGER_MS = 500

/** Failures after which a background stream can be resumed. */
const RESUMABLE_ERRORS = new Set(['AGW_RELAY_INTERRUPTED', 'AGW_RELAY_TIMEOUT'])
const COLON = 58

/** Options of one relay. */
export interface RelayOptions {
  /** Headers of the gateway, names and values in turn. They replace the upstream's. */
  readonly headers: readonly string[]
  /** Forwards `set-cookie` of the upstream. Default true. */
  readonly setsCookies?: boolean
  /** Puts addresses of the upstream in the caller's terms; called when a header holds one. */
  readonly addresses?: () => PublicAddresses
  /** Silence before a heartbeat on an event stream, in ticks; 0 for none. */
  readonly heartbeatTicks: number
  /** Longest silence in an event stream, and of a caller that stops reading, in milliseconds; 0 for none. */
  readonly streamIdleMs: number
  /** The run that the error event describes. */
  readonly run: Omit<BrokenRun, 'runId'>
  /** Receives the first bytes of the body, and the head with its replica. */
  onFirstBytes?: ((bytes: Buffer, head: ResponseHead) => void) | undefined
  /** Resumes a background stream that breaks; undefined for any other stream. */
  readonly resumer?: RunResumer | undefined
  /** Keeps the end of the response, which holds the token counts of a run. Default false. */
  readonly keepsTail?: boolean
  /** The request that is answered, for a list of open responses. The relay itself does not read it. */
  readonly request?: object
  /** Answers a failure that came before the head. The relay has written nothing then. */
  onRefused(error: GatewayError): void
}

/** Result of a response, for the log and the metrics. Read it after the response has closed. */
export interface RelayOutcome {
  /** Body bytes written to the caller. */
  bytes: number
  runId: string | undefined
  isEventStream: boolean
  /** `performance.now()` at the first bytes of an event stream; 0 before them. */
  firstEventAtMs: number
  /** Events written to the caller. */
  events: number
  /** See {@link RelayOptions.keepsTail}. */
  tail: ResponseTail | undefined
  /** Number of successful resumptions. */
  reattached: number
  /** Set when the upstream failed, also after the response has begun. */
  error: GatewayError | undefined
}

/** Relays one response from an upstream to a caller. */
export class Relay implements ResponseSink, ReattachedStream {
  readonly outcome: RelayOutcome = {
    bytes: 0,
    runId: undefined,
    isEventStream: false,
    firstEventAtMs: 0,
    events: 0,
    tail: undefined,
    reattached: 0,
    error: undefined,
  }
  readonly #response: RelayOutput
  readonly #options: RelayOptions
  #exchange: Exchange | undefined
  #head: ResponseHead | undefined
  #events: EventBoundary | undefined
  #heartbeats = 0
  #isFirst = true
  /** Bytes of a body of known length that have not arrived; NaN for an unknown length. */
  #bytesLeft = Number.NaN
  /** The head has been written, alone or with body bytes. */
  #isHeadSent = false
  #awaitsDrain = false
  /** `performance.now()` at which the caller stopped reading. */
  #stalledAtMs = 0
  /** The last whole events that were passed on, of a stream that can be resumed. */
  #lastEvents: Buffer | undefined
  #isResumable = false
  #reattachment: Reattachment | undefined
  /** Called when the upstream is done, after the caller has left and the run continues. */
  #onDetachedEnd: (() => void) | undefined
  #isFlushScheduled = false
  #pending: Buffer[] = []
  /** Bound once, because each read of the upstream's socket schedules it. */
  readonly #flushPending = () => this.#flush()

  /** Ticks since the upstream last sent something, as of the last tick. */
  silentTicks = 0

  constructor(response: RelayOutput, options: RelayOptions) {
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
    if (this.#onDetachedEnd) {
      exchange.limitSilence(this.#options.streamIdleMs)
      return
    }
    const answer = answerHead(head, this.#options)
    this.#response.writeHead(answer.status, answer.statusText, answer.headers)
    if (this.#options.keepsTail) this.outcome.tail = new ResponseTail(answer.isEventStream)
    if (!answer.isEventStream) {
      this.#bytesLeft = answer.contentLength
      return
    }
    this.outcome.isEventStream = true
    exchange.limitSilence(this.#options.streamIdleMs)
    // The caller gets the head at once: the first event may take minutes.
    this.#scheduleFlush()
    if (answer.acceptsEvents) this.#events = new EventBoundary()
  }

  onData(received: Buffer): void {
    const chunk = this.#isFirst && this.#heartbeats > 0 ? behindHeartbeat(received) : received
    if (this.#isFirst) {
      this.#isFirst = false
      if (this.outcome.isEventStream) this.outcome.firstEventAtMs = performance.now()
      this.outcome.runId = runIdIn(chunk)
      this.#options.onFirstBytes?.(chunk, this.#head as ResponseHead)
      this.#isResumable = this.#events !== undefined && this.#mayBeResumed(chunk)
    }
    if (this.#onDetachedEnd) return
    this.#heartbeats = 0
    this.#bytesLeft -= chunk.length
    if (this.#bytesLeft === 0) {
      this.#finish(chunk)
      return
    }
    const bytes = this.#events === undefined ? chunk : this.#events.push(chunk)
    if (bytes === undefined) return
    if (this.#isResumable) this.#remember(bytes)
    this.#write(bytes)
  }

  /** Only events of background streams have an index. */
  #mayBeResumed(firstBytes: Buffer): boolean {
    const way = this.#options.resumer
    if (way === undefined || way.attempts === 0) return false
    return way.resumedFrom !== undefined || firstBytes.includes('"event_index"')
  }

  /** Comments and the first events of a resumed stream have no index. */
  #remember(events: Buffer): void {
    const isCounted =
      this.#options.resumer?.resumedFrom === undefined
        ? events[0] !== COLON
        : events.includes('"event_index"')
    if (isCounted) this.#lastEvents = events
  }

  /** Writes the last bytes of a known length together with the end, and with the head when the body is one chunk. */
  #finish(chunk: Buffer): void {
    this.#flush()
    const isWhole = this.outcome.bytes === 0 && chunk.length <= ONE_WRITE_BYTES
    this.outcome.bytes += chunk.length
    this.outcome.tail?.push([chunk])
    if (isWhole) this.#response.end(chunk.toString('latin1'), 'latin1')
    else this.#response.end(chunk)
    this.#limitDrain()
  }

  #write(bytes: Buffer): void {
    this.outcome.bytes += bytes.length
    this.#pending.push(bytes)
    this.#scheduleFlush()
  }

  /** Joins the chunks of one read of the upstream's socket into one write: events come in bursts. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    process.nextTick(this.#flushPending)
  }

  #flush(): void {
    if (!this.#isFlushScheduled) return
    this.#isFlushScheduled = false
    const response = this.#response
    const pieces = this.#pending
    if (response.destroyed) return
    if (pieces.length === 0) {
      this.#sendHead()
      return
    }
    this.#pending = []
    if (this.#events) for (const piece of pieces) this.outcome.events += countEvents(piece)
    this.outcome.tail?.push(pieces)
    const full = writeBody(response, pieces, this.#isHeadSent)
    this.#isHeadSent = true
    if (full === undefined) return
    // A resumed stream has replaced the exchange, so the current one is used.
    this.#exchange?.pause()
    if (this.#awaitsDrain) return
    this.#awaitsDrain = true
    this.#stalledAtMs = performance.now()
    full.once('drain', () => {
      this.#awaitsDrain = false
      this.#exchange?.resume()
    })
  }

  #sendHead(): void {
    this.#isHeadSent = true
    this.#response.flushHeaders()
  }

  onTick(silentTicks: number): void {
    const { heartbeatTicks, streamIdleMs } = this.#options
    this.silentTicks = silentTicks
    // The upstream has sent a head and no body yet: send the head alone.
    if (this.#onDetachedEnd) return
    if (this.#isFirst && this.#response.headersSent) this.#sendHead()
    if (this.#awaitsDrain) {
      const stalledMs = performance.now() - this.#stalledAtMs
      if (streamIdleMs > 0 && stalledMs > streamIdleMs) resetCaller(this.#response)
      return
    }
    if (heartbeatTicks === 0 || this.#events === undefined) return
    if (silentTicks < heartbeatTicks * (this.#heartbeats + 1) || !this.#events.isClean) return
    this.#heartbeats++
    this.#response.write(heartbeatBehind(this.#events.endsWithCarriageReturn))
  }

  onEnd(): void {
    const rest = this.#events?.rest()
    if (rest && !this.#onDetachedEnd) this.#write(rest)
    if (!this.#response.writableEnded) this.end()
  }

  /**
   * Resumes a background stream that broke. Any other response fails: before the head with an error response, between events
   * with an error event, and otherwise by a reset. The response never ends normally.
   */
  onError(error: GatewayError): void {
    if (RESUMABLE_ERRORS.has(error.code) && this.#reattach(error)) return
    this.abort()
    this.fail(error)
  }

  #reattach(error: GatewayError): boolean {
    const { resumer } = this.#options
    const position = this.#position()
    if (resumer === undefined || position === undefined) return false
    const head = this.#head as ResponseHead
    // The resumed stream repeats the unfinished event as a whole.
    this.#events?.rest()
    this.#reattachment = new Reattachment(resumer, head, this, position, error)
    this.#reattachment.begin()
    return true
  }

  #position(): Position | undefined {
    const { runId } = this.outcome
    if (!this.#isResumable || runId === undefined || !this.#events?.isClean) return undefined
    const events = this.#lastEvents
    const lastIndex = events ? lastIndexIn(events) : this.#options.resumer?.resumedFrom
    if (lastIndex === undefined) return undefined
    return { runId, sessionId: events && sessionIdIn(events), lastIndex }
  }

  pass(events: Buffer): void {
    if (this.#onDetachedEnd) return
    this.#heartbeats = 0
    this.#write(events)
  }

  end(): void {
    this.#flush()
    this.#onDetachedEnd?.()
    this.#response.end()
    this.#limitDrain()
  }

  /** A caller that does not read the end of the response is disconnected after the idle limit. */
  #limitDrain(): void {
    const response = this.#response
    const { streamIdleMs } = this.#options
    if (streamIdleMs === 0 || response.writableLength === 0) return
    response.setTimeout(streamIdleMs, () => resetCaller(response))
  }

  follow(exchange: Exchange): void {
    this.outcome.reattached++
    this.#exchange = exchange
    exchange.limitSilence(this.#options.streamIdleMs)
  }

  fail(error: GatewayError): void {
    this.outcome.error = error
    if (this.#onDetachedEnd) {
      this.#onDetachedEnd()
      return
    }
    if (this.#response.headersSent) this.#endWithError(error)
    else this.#options.onRefused(answerable(error))
  }

  /** Stops reading from the upstream. */
  abort(): void {
    this.#reattachment?.abort()
    this.#exchange?.abort()
  }

  /** The caller has left, but the response is read to its end. @param onEnd called once the response has ended or failed */
  detach(onEnd: () => void): void {
    this.#onDetachedEnd = onEnd
    this.#exchange?.resume()
  }

  /** See {@link RelayOptions.request}. */
  get request(): object | undefined {
    return this.#options.request
  }

  /** The caller has left, and the response is read to its end all the same. */
  get isDetached(): boolean {
    return this.#onDetachedEnd !== undefined
  }

  /** Head of the response; undefined before it arrives. */
  get head(): ResponseHead | undefined {
    return this.#head
  }

  #endWithError(error: GatewayError): void {
    const response = this.#response
    this.#flush()
    if (this.#events === undefined || !this.#events.isClean) {
      response.destroy()
      return
    }
    const run = { ...this.#options.run, runId: this.outcome.runId }
    // A browser drops bytes that script has not read when the connection resets (WHATWG Streams, ResetQueue).
    const breakSoon = () => setTimeout(() => response.destroy(), ERROR_EVENT_LINGER_MS).unref()
    response.write(errorEvent(error, run, Date.now()), breakSoon)
  }
}

/** Writing the head failed, so nothing has been sent: answer 502 `AGW_UPSTREAM_PROTOCOL`. */
function answerable(error: GatewayError): GatewayError {
  if (error.status !== 0) return error
  const { upstream, cause } = error
  return new GatewayError('AGW_UPSTREAM_PROTOCOL', {
    ...(upstream === undefined ? {} : { upstream }),
    cause,
  })
}
