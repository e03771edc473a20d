/** Reads or rewrites a response between the upstream and the relay, for example to translate ids. */
import { GatewayError } from '../errors.ts'
import { BodyRenamer } from '../json/body-renamer.ts'
import type { Rename } from '../json/json-renamer.ts'
import { EventRenamer } from '../sse/event-renamer.ts'
import type { Decoder } from '../upstream/decoder.ts'
import { decoderFor } from '../upstream/decoder.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { isEventStreamType } from './response-headers.ts'

/** The work on a response. Without any, the bytes pass unchanged. */
export interface ResponseTransform {
  /**
   * Called when the response is complete. @param text the JSON body before renaming; undefined for another type or a longer
   * body
   */
  readonly onComplete?: (status: number, text: string | undefined) => void
  /** Renames members in a JSON body of any length. @param owner name of the member that contains the body */
  readonly rename?: { readonly names: Rename; readonly owner?: string }
  /** Renames members at the top level of each event's JSON, in events of any length. */
  readonly renameEvents?: Rename
  /** Rewrites a whole JSON body of at most 32 MiB or HTML body of at most 1 MiB. A longer body passes unchanged. */
  readonly rewrite?: (body: Buffer, isHtml: boolean) => Buffer | Promise<Buffer>
}

/** Longest body that is read for `onComplete`. */
const MAX_READ_BYTES = 256 * 1024
const MAX_JSON_BYTES = 32 * 1024 * 1024
/** A page is searched in one turn of the event loop. */
const MAX_HTML_BYTES = 1024 * 1024
/** Longest renamed body that gets a `content-length`. */
const MAX_MEASURED_BYTES = 64 * 1024

/** `measured`: a short renamed body is buffered first, to know its length. */
type Mode = 'pass' | 'measured' | 'rename' | 'rewrite' | 'events'

/** A sink in front of the relay. Chunks of an unchanged response pass through. */
export class ResponseTransformer implements ResponseSink {
  readonly #sink: ResponseSink
  readonly #transform: ResponseTransform
  readonly #upstream: string
  #mode: Mode = 'pass'
  #isRead = false
  #isHtml = false
  #head: ResponseHead | undefined
  #exchange: Exchange | undefined
  #decoder: Decoder | undefined
  #events: EventRenamer | undefined
  #body: BodyRenamer | undefined
  /** Chunks that are kept for `onComplete`, before renaming. */
  #read: Buffer[] = []
  #readBytes = 0
  /** Chunks that wait for the head. */
  #held: Buffer[] = []
  #heldBytes = 0

  /** @param upstream name in error messages */
  constructor(sink: ResponseSink, transform: ResponseTransform, upstream: string) {
    this.#sink = sink
    this.#transform = transform
    this.#upstream = upstream
  }

  onHead(original: ResponseHead, exchange: Exchange): void {
    this.#exchange = exchange
    const { head, encoding, isJson, isHtml, isStream } = describe(original)
    const { rename, renameEvents, rewrite, onComplete } = this.#transform
    const isDocument = (isJson || isHtml) && head.status < 300 && head.status !== 204
    this.#isHtml = isHtml
    this.#isRead = isJson && isDocument && onComplete !== undefined
    if (isStream && renameEvents) {
      this.#mode = 'events'
      this.#events = new EventRenamer(renameEvents)
    } else if (isDocument && rewrite) this.#mode = 'rewrite'
    else if (isDocument && isJson && rename) {
      this.#mode = 'measured'
      this.#body = new BodyRenamer(rename.names, rename)
    }
    const isPassed = this.#mode === 'pass' && !this.#isRead
    this.#head = isPassed ? original : head
    if (!isPassed && encoding !== undefined) this.#decode(encoding, exchange)
    // The length of a changed body is unknown until it is complete.
    if (this.#mode === 'pass' || this.#mode === 'events') this.#sendHead(this.#mode === 'pass')
  }

  /** The upstream compressed the body although the request asked for `identity`. */
  #decode(encoding: string, exchange: Exchange): void {
    const decoder = decoderFor(encoding, {
      onData: (chunk) => this.#take(chunk),
      onEnd: () => this.#finish(),
      onError: (cause) => {
        exchange.abort()
        this.onError(new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream: this.#upstream, cause }))
      },
    })
    this.#decoder = decoder
    this.#exchange = {
      abort: () => exchange.abort(),
      limitSilence: (ms) => exchange.limitSilence(ms),
      pause: () => {
        decoder.pause()
        exchange.pause()
      },
      resume: () => {
        decoder.resume()
        exchange.resume()
      },
    }
  }

  #sendHead(isAsItCame: boolean, length?: number): void {
    const head = this.#head as ResponseHead
    const keepsLength = isAsItCame && this.#decoder === undefined
    const rawHeaders = keepsLength ? head.rawHeaders : without(head.rawHeaders, 'content-length')
    const measured = length === undefined ? [] : ['content-length', String(length)]
    const exchange = this.#exchange as Exchange
    this.#sink.onHead({ ...head, rawHeaders: [...rawHeaders, ...measured] }, exchange)
  }

  onData(chunk: Buffer): void {
    if (this.#decoder) this.#decoder.write(chunk)
    else this.#take(chunk)
  }

  #take(chunk: Buffer): void {
    if (this.#isRead) this.#readOn(chunk)
    if (this.#mode === 'pass') this.#sink.onData(chunk)
    else if (this.#mode === 'events') this.#pass(this.#events?.push(chunk))
    else if (this.#mode === 'rename') this.#pass(this.#body?.push(chunk))
    else this.#hold(this.#body ? this.#body.push(chunk) : chunk)
  }

  #readOn(chunk: Buffer): void {
    this.#readBytes += chunk.length
    if (this.#readBytes <= MAX_READ_BYTES) this.#read.push(chunk)
    else this.#read = []
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    const isMeasured = this.#mode === 'measured'
    const mostRewritten = this.#isHtml ? MAX_HTML_BYTES : MAX_JSON_BYTES
    if (this.#heldBytes <= (isMeasured ? MAX_MEASURED_BYTES : mostRewritten)) return
    this.#mode = isMeasured ? 'rename' : 'pass'
    this.#sendHead(!isMeasured)
    for (const held of this.#held) this.#pass(held)
    this.#held = []
  }

  #pass(bytes: Buffer | undefined): void {
    if (bytes !== undefined && bytes.length > 0) this.#sink.onData(bytes)
  }

  onTick(silentTicks: number): void {
    // A heartbeat must not be written before the head.
    if (this.#mode !== 'rewrite' && this.#mode !== 'measured') this.#sink.onTick?.(silentTicks)
  }

  onEnd(): void {
    if (this.#decoder) this.#decoder.end()
    else this.#finish()
  }

  #finish(): void {
    const { onComplete, rewrite } = this.#transform
    const isReadWhole = this.#isRead && this.#readBytes <= MAX_READ_BYTES
    const text = isReadWhole ? Buffer.concat(this.#read).toString('utf8') : undefined
    onComplete?.(this.#head?.status ?? 0, text)
    if (this.#mode === 'rewrite' || this.#mode === 'measured') {
      const rest = this.#body ? [this.#body.rest()] : []
      const body = Buffer.concat([...this.#held, ...rest])
      const rewritten = rewrite ? rewrite(body, this.#isHtml) : body
      if (Buffer.isBuffer(rewritten)) this.#sendWhole(rewritten)
      else rewritten.then((late) => this.#sendWhole(late), this.#refuse)
      return
    }
    this.#pass(this.#mode === 'events' ? this.#events?.rest() : this.#body?.rest())
    this.#sink.onEnd()
  }

  readonly #refuse = (cause: unknown): void => {
    this.onError(new GatewayError('AGW_INTERNAL', { cause }))
  }

  /** A HEAD response has no body, so the length of the changed body is unknown. */
  #sendWhole(body: Buffer): void {
    this.#sendHead(false, this.#heldBytes === 0 ? undefined : body.length)
    if (this.#heldBytes > 0) this.#pass(body)
    this.#sink.onEnd()
  }

  onError(error: GatewayError): void {
    this.#decoder?.destroy()
    this.#sink.onError(error)
  }
}

/** Head of the changed response, and the body's type and coding. */
function describe(original: ResponseHead) {
  let type = ''
  let encoding: string | undefined
  for (let i = 0; i < original.rawHeaders.length; i += 2) {
    const name = (original.rawHeaders[i] as string).toLowerCase()
    const value = (original.rawHeaders[i + 1] as string).toLowerCase()
    if (name === 'content-type') type = value
    else if (name === 'content-encoding' && value !== 'identity') encoding = value
  }
  const rawHeaders = encoding ? without(original.rawHeaders, 'content-encoding') : undefined
  return {
    head: rawHeaders ? { ...original, rawHeaders } : original,
    encoding,
    isJson: /^application\/(?:[\w.-]+\+)?json\b/.test(type),
    isHtml: type.startsWith('text/html'),
    isStream: isEventStreamType(type),
  }
}

function without(rawHeaders: readonly string[], unwanted: string): string[] {
  const kept: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.toLowerCase() !== unwanted) kept.push(name, rawHeaders[i + 1] as string)
  }
  return kept
}
