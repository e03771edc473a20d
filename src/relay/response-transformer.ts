/** Reads, and where ids have to be renamed rewrites, an answer on its way from an upstream to the relay. */
import type { GatewayError } from '../errors.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { EventBoundary } from './event-boundary.ts'

/** What is done with an answer. */
export interface ResponseTransform {
  /** Told when the answer is complete. @param text the JSON body as it came; undefined where it is none or too long */
  readonly onComplete?: (status: number, text: string | undefined) => void
  /** Makes the JSON text that the caller gets. */
  readonly rewrite?: (text: string) => string
  /** Makes the JSON text of one event that the caller gets. */
  readonly rewriteEvent?: (text: string) => string
}

/** Bodies that are read on the side; what is longer goes unread. */
const MAX_READ_BYTES = 256 * 1024
/** Bodies that are rewritten; what is longer passes as it came. */
const MAX_REWRITTEN_BYTES = 32 * 1024 * 1024
/** Events that are rewritten. */
const MAX_EVENT_BYTES = 8 * 1024 * 1024
const EVENT_DATA = /^data: ?(\{.*\})\r?$/gm

type Mode = 'pass' | 'read' | 'rewrite' | 'events'

/** Stands before the relay. What needs no rewriting passes through chunk by chunk. */
export class ResponseTransformer implements ResponseSink {
  readonly #sink: ResponseSink
  readonly #transform: ResponseTransform
  #mode: Mode = 'pass'
  #head: ResponseHead | undefined
  #exchange: Exchange | undefined
  #events: EventBoundary | undefined
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(sink: ResponseSink, use: ResponseTransform) {
    this.#sink = sink
    this.#transform = use
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    this.#head = head
    this.#exchange = exchange
    this.#mode = modeFor(head, this.#transform)
    if (this.#mode === 'events') this.#events = new EventBoundary(MAX_EVENT_BYTES)
    // The length of a rewritten body is known when it is complete.
    if (this.#mode !== 'rewrite') this.#sink.onHead(head, exchange)
  }

  onData(chunk: Buffer): void {
    if (this.#mode === 'events') {
      const events = this.#events?.push(chunk)
      if (events) this.#sink.onData(this.#renamedEvents(events))
      return
    }
    if (this.#mode === 'rewrite' || this.#mode === 'read') this.#keep(chunk)
    if (this.#mode !== 'rewrite') this.#sink.onData(chunk)
  }

  #keep(chunk: Buffer): void {
    this.#bytes += chunk.length
    const isRewriting = this.#mode === 'rewrite'
    if (this.#bytes <= (isRewriting ? MAX_REWRITTEN_BYTES : MAX_READ_BYTES)) {
      this.#chunks.push(chunk)
      return
    }
    this.#mode = 'pass'
    if (isRewriting) {
      this.#sink.onHead(this.#head as ResponseHead, this.#exchange as Exchange)
      for (const kept of this.#chunks) this.#sink.onData(kept)
    }
    this.#chunks = []
  }

  onTick(silentTicks: number): void {
    // Nothing may be written before the head.
    if (this.#mode !== 'rewrite') this.#sink.onTick?.(silentTicks)
  }

  onEnd(): void {
    const rest = this.#events?.rest()
    if (rest) this.#sink.onData(this.#renamedEvents(rest))
    const isWhole = this.#mode === 'read' || this.#mode === 'rewrite'
    const text = isWhole ? Buffer.concat(this.#chunks).toString('utf8') : undefined
    this.#transform.onComplete?.(this.#head?.status ?? 0, text)
    if (this.#mode === 'rewrite') this.#sendRewritten(text as string)
    this.#sink.onEnd()
  }

  #sendRewritten(text: string): void {
    const head = this.#head as ResponseHead
    const body = Buffer.from(this.#transform.rewrite?.(text) ?? text)
    const rawHeaders = withoutLength(head.rawHeaders)
    rawHeaders.push('content-length', String(body.length))
    this.#sink.onHead({ ...head, rawHeaders }, this.#exchange as Exchange)
    this.#sink.onData(body)
  }

  #renamedEvents(events: Buffer): Buffer {
    const { rewriteEvent } = this.#transform
    if (rewriteEvent === undefined) return events
    const text = events.toString('utf8')
    const renamed = text.replace(EVENT_DATA, (line, json: string) =>
      isJson(json) ? line.replace(json, () => rewriteEvent(json)) : line,
    )
    return renamed === text ? events : Buffer.from(renamed)
  }

  onError(error: GatewayError): void {
    this.#sink.onError(error)
  }
}

function modeFor(head: ResponseHead, use: ResponseTransform): Mode {
  let type = ''
  for (let i = 0; i < head.rawHeaders.length; i += 2) {
    const name = (head.rawHeaders[i] as string).toLowerCase()
    const value = (head.rawHeaders[i + 1] as string).toLowerCase()
    if (name === 'content-type') type = value
    else if (name === 'content-encoding' && value !== 'identity') return 'pass'
  }
  if (type.startsWith('text/event-stream')) return use.rewriteEvent ? 'events' : 'pass'
  if (!type.startsWith('application/json') || head.status >= 300 || head.status === 204)
    return 'pass'
  if (use.rewrite) return 'rewrite'
  return use.onComplete ? 'read' : 'pass'
}

function withoutLength(rawHeaders: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() === 'content-length') continue
    kept.push(rawHeaders[i] as string, rawHeaders[i + 1] as string)
  }
  return kept
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
