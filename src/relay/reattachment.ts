/** Resumes a background stream after its connection broke. AgentOS keeps the run and its events. */
import type { GatewayError } from '../errors.ts'
import type { EventBlock } from '../sse/events.ts'
import { eventsIn } from '../sse/events.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { EventBoundary } from './event-boundary.ts'

/** Position in the stream of a run. */
export interface Position {
  readonly runId: string
  readonly sessionId: string | undefined
  /** `event_index` of the last event that the caller got. */
  readonly lastIndex: number
}

/** Requests the rest of a run from an AgentOS. */
export interface RunResumer {
  /** Most failed attempts in a row; 0 turns resuming off. */
  readonly attempts: number
  /** Index in the caller's own resume request; undefined for any other stream. */
  readonly resumedFrom: number | undefined
  /** @param head head of the stream that broke */
  resume(position: Position, head: ResponseHead, sink: ResponseSink): Exchange
}

/** Receives the resumed stream. */
export interface ReattachedStream {
  /** @param events whole events */
  pass(events: Buffer): void
  end(): void
  /** All attempts failed. */
  fail(error: GatewayError): void
  onTick(silentTicks: number): void
  /** The stream now comes from another exchange. */
  follow(exchange: Exchange): void
}

const FIRST_PAUSE_MS = 100
/** Jitter: each pause is between half and all of its length, so that streams that broke together resume apart. */
const JITTER = 0.5
const MAX_PAUSE_MS = 5_000
/** First events of a resumed stream, which belong to no run. @see AgentOS `_resume_stream_generator` */
const CONTROL = new Set(['catch_up', 'subscribed', 'replay'])
/** Largest event that can be compared with the position; a larger one might be sent twice. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024

interface ReplayedEvent {
  readonly event?: unknown
  readonly event_index?: unknown
  readonly total_buffered?: unknown
}

/** Passes on the events after a position. Drops events that the caller has, and the resume route's own events. */
export class Reattachment implements ResponseSink {
  readonly #resumer: RunResumer
  readonly #head: ResponseHead
  readonly #stream: ReattachedStream
  readonly #error: GatewayError
  #position: Position
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #exchange: Exchange | undefined
  #events = new EventBoundary(MAX_EVENT_BYTES)
  #isAttached = false
  #isFromDatabase = false
  #lastStored: Buffer | undefined

  /** @param error failure of the stream; reported when all attempts fail */
  constructor(
    way: RunResumer,
    head: ResponseHead,
    stream: ReattachedStream,
    position: Position,
    error: GatewayError,
  ) {
    this.#resumer = way
    this.#head = head
    this.#stream = stream
    this.#position = position
    this.#error = error
  }

  /** Sends the resume request now. */
  begin(): void {
    this.#events = new EventBoundary(MAX_EVENT_BYTES)
    this.#isAttached = false
    this.#isFromDatabase = false
    this.#lastStored = undefined
    this.#exchange = this.#resumer.resume(this.#position, this.#head, this)
    this.#stream.follow(this.#exchange)
  }

  abort(): void {
    clearTimeout(this.#timer)
    this.#exchange?.abort()
  }

  onHead({ status }: ResponseHead): void {
    if (status !== 200) this.#tryAgain()
  }

  onData(chunk: Buffer): void {
    const bytes = this.#events.push(chunk)
    if (bytes === undefined || this.#exchange === undefined) return
    const wanted: Buffer[] = []
    for (const block of eventsIn(bytes)) {
      if (this.#isWanted(block)) wanted.push(block.bytes)
      if (this.#exchange === undefined) return
    }
    if (wanted.length === 0) return
    this.#failures = 0
    this.#stream.pass(wanted.length === 1 ? (wanted[0] as Buffer) : Buffer.concat(wanted))
  }

  #isWanted({ bytes: event, isEvent, data }: EventBlock): boolean {
    if (!isEvent) return false
    const { event: name, event_index: index, total_buffered } = replayed(data)
    if (typeof name === 'string' && CONTROL.has(name)) {
      this.#isAttached = true
      // The database counts the events of a run differently, so their indexes cannot be compared.
      this.#isFromDatabase = name === 'replay' && total_buffered === undefined
      return false
    }
    if (name === 'error' && index === undefined) {
      this.#tryAgain()
      return false
    }
    if (this.#isFromDatabase) {
      this.#lastStored = event
      return false
    }
    if (typeof index !== 'number') return this.#isAttached
    if (index <= this.#position.lastIndex) return false
    this.#position = { ...this.#position, lastIndex: index }
    return true
  }

  /** The run has ended: its last stored event carries the result. */
  onEnd(): void {
    if (this.#exchange === undefined) return
    if (this.#lastStored) this.#stream.pass(this.#lastStored)
    else if (!this.#isAttached || this.#isFromDatabase) {
      this.#tryAgain()
      return
    }
    this.#stream.end()
  }

  onError(): void {
    this.#tryAgain()
  }

  onTick(silentTicks: number): void {
    this.#stream.onTick(silentTicks)
  }

  #tryAgain(): void {
    this.#exchange?.abort()
    this.#exchange = undefined
    this.#failures++
    if (this.#failures >= this.#resumer.attempts) {
      this.#stream.fail(this.#error)
      return
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, MAX_PAUSE_MS)
    const part = JITTER + (1 - JITTER) * Math.random()
    this.#timer = setTimeout(() => this.begin(), pauseMs * part).unref()
  }
}

function replayed(data: Buffer | undefined): ReplayedEvent {
  try {
    return (JSON.parse(String(data)) ?? {}) as ReplayedEvent
  } catch {
    return {}
  }
}

/** `event_index` of the last event. AgentOS writes the member last, so its last occurrence counts. */
export function lastIndexIn(events: Buffer): number | undefined {
  const at = events.lastIndexOf('"event_index":')
  if (at === -1) return undefined
  const digits = /^\s*(\d+)/.exec(events.toString('latin1', at + 14, at + 40))?.[1]
  return digits === undefined ? undefined : Number(digits)
}
