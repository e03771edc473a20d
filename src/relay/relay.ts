/** Copies one upstream response to the caller: bytes untouched, in their own time, at the caller's pace. */
import { GatewayError } from '../errors.ts'
import { countEvents } from '../sse/events.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { runIdIn, sessionIdIn } from './body-fields.ts'
import type { BrokenRun } from './error-event.ts'
import { errorEvent } from './error-event.ts'
import { EventBoundary } from './event-boundary.ts'
import type { Position, ReattachedStream, RunResumer } from './reattachment.ts'
import { lastIndexIn, Reattachment } from './reattachment.ts'
import type { RelayOutput } from './relay-output.ts'
import { ResponseTail, writeBody } from './response-body.ts'
import { answerHead } from './response-headers.ts'

/** Up to here a body that comes in one piece leaves in one write together with its head. */
const ONE_WRITE_BYTES = 16 * 1024

/** AgentOS's own heartbeat, as it writes it on resume. */
export const HEARTBEAT = ': heartbeat\n\n'

/** How long the connection outlives the last event, in milliseconds: for the caller to read it. */
const ERROR_EVENT_LINGER_MS = 500

/** A stream that can be gone on with ended in one of these ways. */
const RESUMABLE_ERRORS = new Set(['AGW_RELAY_INTERRUPTED', 'AGW_RELAY_TIMEOUT'])
const COLON = 58

/** What one relay is told. */
export interface RelayOptions {
  /** Headers of ours, names and values in turn; they replace the upstream's. */
  readonly headers: readonly string[]
  /** Passes the upstream's `set-cookie` on. Default true. */
  readonly setsCookies?: boolean
  /** Silence, in ticks of the upstream's clock, after which a heartbeat goes out on an event stream; 0 for none. */
  readonly heartbeatTicks: number
  /** Longest silence inside an event stream, and of a caller who takes nothing, in milliseconds; 0 for none. */
  readonly streamIdleMs: number
  /** Whose run it is, for the typed last event. */
  readonly run: Omit<BrokenRun, 'runId'>
  /** Told the first bytes of the body, and the replica they came from. */
  onFirstBytes?: ((bytes: Buffer, head: ResponseHead) => void) | undefined
  /** How a background stream that breaks can be gone on with; undefined where it can't. */
  readonly resumer?: RunResumer | undefined
  /** Keeps hold of the end of the answer, where it says what the run took. Default false. */
  readonly keepsTail?: boolean
  /** Answers a failure that came before the head; the relay has written nothing then. */
  onRefused(error: GatewayError): void
}

/** What became of a response, for the log and the metrics. Read it when the response has closed. */
export interface RelayOutcome {
  /** Bytes of body sent to the caller. */
  bytes: number
  runId: string | undefined
  isEventStream: boolean
  /** When the first bytes of an event stream came, `performance.now()`; 0 for not yet. */
  firstEventAtMs: number
  /** Events passed on. */
  events: number
  /** See {@link RelayOptions.keepsTail}. */
  tail: ResponseTail | undefined
  /** How often the stream broke and was gone on with. */
  reattached: number
  /** Set when the upstream failed; an answer may have begun before. */
  error: GatewayError | undefined
}

/** One response on its way from an upstream to a caller. */
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
  /** Bytes of a body of announced length that are still to come; NaN where no length was announced. */
  #bytesLeft = Number.NaN
  /** The head has left: written along with bytes of the body, or by itself. */
  #isHeadSent = false
  #awaitsDrain = false
  /** `performance.now()` at which the caller stopped taking anything. */
  #stalledAtMs = 0
  /** Whole events, the last that were passed on, of a stream that can be gone on with. */
  #lastEvents: Buffer | undefined
  #isResumable = false
  #reattachment: Reattachment | undefined
  /** Called when the upstream is done, where the caller went and the run goes on. */
  #onDetachedEnd: (() => void) | undefined
  #isFlushScheduled = false
  readonly #pending: Buffer[] = []
  /** Bound once: a stream goes through here once for each read of its upstream's socket. */
  readonly #flushPending = () => this.#flush()

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
    const answer = answerHead(head, this.#options.headers, this.#options.setsCookies)
    this.#response.writeHead(answer.status, answer.statusText, answer.headers)
    if (this.#options.keepsTail) this.outcome.tail = new ResponseTail(answer.isEventStream)
    if (!answer.isEventStream) {
      this.#bytesLeft = answer.contentLength
      return
    }
    this.outcome.isEventStream = true
    exchange.limitSilence(this.#options.streamIdleMs)
    // The caller learns that its stream is open even if the first event takes minutes.
    this.#scheduleFlush()
    if (answer.acceptsEvents) this.#events = new EventBoundary()
  }

  onData(chunk: Buffer): void {
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

  /** Only background streams count their events. */
  #mayBeResumed(firstBytes: Buffer): boolean {
    const way = this.#options.resumer
    if (way === undefined || way.attempts === 0) return false
    return way.resumedFrom !== undefined || firstBytes.includes('"event_index"')
  }

  /** A comment has no index, nor have the first events of a resumed stream. */
  #remember(events: Buffer): void {
    const isCounted =
      this.#options.resumer?.resumedFrom === undefined
        ? events[0] !== COLON
        : events.includes('"event_index"')
    if (isCounted) this.#lastEvents = events
  }

  /** The last bytes of an announced length: sent with the end, and with the head where they are all there is. */
  #finish(chunk: Buffer): void {
    this.#flush()
    const isWhole = this.outcome.bytes === 0 && chunk.length <= ONE_WRITE_BYTES
    this.outcome.bytes += chunk.length
    this.outcome.tail?.push(chunk)
    if (isWhole) this.#response.end(chunk.toString('latin1'), 'latin1')
    else this.#response.end(chunk)
    this.#limitDrain()
  }

  #write(bytes: Buffer): void {
    this.outcome.bytes += bytes.length
    this.#pending.push(bytes)
    this.#scheduleFlush()
  }

  /** What one read of the upstream's socket brings leaves in one write: events come in bursts. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    process.nextTick(this.#flushPending)
  }

  #flush(): void {
    if (!this.#isFlushScheduled) return
    this.#isFlushScheduled = false
    const response = this.#response
    const gathered = this.#pending
    if (response.destroyed) return
    if (gathered.length === 0) {
      this.#sendHead()
      return
    }
    const bytes = gathered.length === 1 ? (gathered[0] as Buffer) : Buffer.concat(gathered)
    gathered.length = 0
    if (this.#events) this.outcome.events += countEvents(bytes)
    this.outcome.tail?.push(bytes)
    const full = writeBody(response, bytes, this.#isHeadSent)
    this.#isHeadSent = true
    if (full === undefined) return
    // A stream that broke meanwhile comes from another exchange now.
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
    // A head that came without a body is passed on without one.
    if (this.#onDetachedEnd) return
    if (this.#isFirst && this.#response.headersSent) this.#sendHead()
    if (this.#awaitsDrain) {
      const stalledMs = performance.now() - this.#stalledAtMs
      if (streamIdleMs > 0 && stalledMs > streamIdleMs) this.#response.destroy()
      return
    }
    if (heartbeatTicks === 0 || this.#events === undefined) return
    if (silentTicks < heartbeatTicks * (this.#heartbeats + 1) || !this.#events.isClean) return
    this.#heartbeats++
    this.#response.write(HEARTBEAT)
  }

  onEnd(): void {
    const rest = this.#events?.rest()
    if (rest && !this.#onDetachedEnd) this.#write(rest)
    if (!this.#response.writableEnded) this.end()
  }

  /**
   * Goes on with a background stream that broke. Ends any other response with a failure: an answer where none has begun,
   * a typed last event where there is room for one, and never a clean end. Nothing more is taken from the upstream.
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
    // What was held back of an event comes again, whole.
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

  /** What the caller has not taken yet when the answer has ended is not kept for ever either. */
  #limitDrain(): void {
    const response = this.#response
    const { streamIdleMs } = this.#options
    if (streamIdleMs === 0 || response.writableLength === 0) return
    response.setTimeout(streamIdleMs, () => response.destroy())
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

  /** Takes nothing more from the upstream. */
  abort(): void {
    this.#reattachment?.abort()
    this.#exchange?.abort()
  }

  /** The caller is gone; the answer is read to its end all the same. @param onEnd called once it has ended, in whatever way */
  detach(onEnd: () => void): void {
    this.#onDetachedEnd = onEnd
    this.#exchange?.resume()
  }

  /** The head of the answer, once it has come. */
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
    // A browser drops what script has not read when the connection breaks (WHATWG Streams, ResetQueue).
    const breakSoon = () => setTimeout(() => response.destroy(), ERROR_EVENT_LINGER_MS).unref()
    response.write(errorEvent(error, run, Date.now()), breakSoon)
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
