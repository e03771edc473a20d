/**
 * Translates the output of a relay for the caller: reads the run's events and writes the frames of the face's protocol.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { AgentOSError } from '../client/agentos-error.ts'
import { runEvent } from '../client/run-events.ts'
import type { GatewayError } from '../errors.ts'
import { EventStreamParser } from '../relay/event-stream-parser.ts'
import { HEARTBEAT } from '../relay/heartbeat.ts'
import type { RelayOutput } from '../relay/relay-output.ts'
import { writeBody } from '../relay/response-body.ts'
import { isEventStreamType } from '../relay/response-headers.ts'
import { refusalOf } from './refusal.ts'
import type { RunReader } from './run-reader.ts'
import type { RefusalShape, StreamTranslator } from './translator.ts'
import { EVENT_STREAM } from './translator.ts'

/** Longest part of an error answer that is read, in bytes. */
const MAX_ERROR_BYTES = 256 * 1024
/** Headers that describe the upstream's bytes, which the caller does not receive. */
const DROPPED = new Set(['content-type', 'content-length', 'content-encoding', 'etag'])

/** Options of the translated answer. */
export interface Translation {
  readonly reader: RunReader
  readonly translator: StreamTranslator
  readonly shape: RefusalShape
  /** Headers added to those of the upstream, such as CORS and the request id. Names and values alternate. */
  readonly headers?: readonly string[]
}

/** A streamed answer in a protocol's frames. The relay handles backpressure, heartbeats and interruptions. */
export class TranslatedResponse implements RelayOutput {
  readonly writesReply = true
  readonly #raw: ServerResponse
  readonly #translation: Translation
  readonly #parser = new EventStreamParser()
  readonly #errorBody: Buffer[] = []
  #errorBytes = 0
  #retryAfter: string | undefined
  #status = 0
  #isStream = false
  #isHeadFlushed = false
  #hasFailed = false
  /**
   * Frames of the run's last event. They wait for the end of the upstream's response: many clients close the connection
   * at the last frame, while an AgentOS may still be storing the run.
   */
  #lastFrames = ''
  #full: ServerResponse | Socket | undefined

  constructor(raw: ServerResponse, translation: Translation) {
    this.#raw = raw
    this.#translation = translation
  }

  get destroyed(): boolean {
    return this.#raw.destroyed
  }

  get headersSent(): boolean {
    return this.#status !== 0
  }

  get writableEnded(): boolean {
    return this.#raw.writableEnded
  }

  get writableLength(): number {
    return this.#raw.writableLength
  }

  get socket(): Socket | null {
    return this.#raw.socket
  }

  writeHead(status: number, _statusText: string, headers: string[]): void {
    this.#status = status
    const kept: string[] = []
    let type = ''
    let isEncoded = false
    for (let i = 0; i < headers.length; i += 2) {
      const name = (headers[i] as string).toLowerCase()
      const value = headers[i + 1] as string
      if (name === 'content-type') type = value
      if (name === 'retry-after') this.#retryAfter = value
      if (name === 'content-encoding') isEncoded = value.toLowerCase() !== 'identity'
      if (!DROPPED.has(name)) kept.push(name, value)
    }
    this.#isStream = status === 200 && isEventStreamType(type) && !isEncoded
    if (!this.#isStream) return
    this.#raw.writeHead(200, [...kept, 'content-type', EVENT_STREAM])
  }

  flushHeaders(): void {
    if (!this.#isStream) return
    this.#isHeadFlushed = true
    this.#raw.flushHeaders()
  }

  write(chunk: Buffer | string, onWritten?: () => void): boolean {
    if (!this.#isStream) {
      this.#keepError(chunk)
      return true
    }
    // A heartbeat of the relay may use other line ends; every frame here ends with line feeds.
    if (typeof chunk === 'string' && chunk.startsWith(':')) return this.#raw.write(HEARTBEAT)
    const frames = this.#framesOf(Buffer.from(chunk))
    if (onWritten) return this.#raw.write(frames, onWritten)
    if (frames === '') return true
    this.#full = writeBody(this.#raw, [Buffer.from(frames)], this.#isHeadFlushed)
    this.#isHeadFlushed = true
    return this.#full === undefined
  }

  once(event: 'drain', listener: () => void): void {
    const drainable = this.#full ?? this.#raw
    drainable.once(event, listener)
  }

  end(chunk?: Buffer | string): void {
    if (chunk !== undefined) this.write(chunk)
    if (!this.#isStream) {
      this.#refuse()
      return
    }
    const { reader, translator } = this.#translation
    const isCut = !reader.isOver && !this.#hasFailed
    this.#raw.end(
      isCut
        ? translator.fail('The run ended without a result', 'AGW_RELAY_INTERRUPTED')
        : this.#lastFrames,
    )
  }

  /**
   * Ends the answer cleanly after the last event of the run, or after a failure that the protocol has reported: clients
   * would report the broken connection instead.
   */
  destroy(): void {
    if (this.headersSent && !this.#isStream) this.#refuse()
    else if (this.#hasFailed || this.#translation.reader.isOver) this.#raw.end(this.#lastFrames)
    else this.#raw.destroy()
  }

  setTimeout(timeoutMs: number, onTimeout: () => void): void {
    this.#raw.setTimeout(timeoutMs, onTimeout)
  }

  refuse(error: GatewayError): void {
    this.#sendRefusal(error)
  }

  #framesOf(bytes: Buffer): string {
    const { reader, translator } = this.#translation
    let frames = ''
    for (const raw of this.#parser.push(bytes)) {
      for (const event of reader.read(runEvent(raw))) {
        if (event.type === 'failed') this.#hasFailed = true
        if (reader.isOver) this.#lastFrames += translator.push(event)
        else frames += translator.push(event)
      }
    }
    return frames
  }

  #keepError(chunk: Buffer | string): void {
    this.#errorBytes += chunk.length
    if (this.#errorBytes <= MAX_ERROR_BYTES) this.#errorBody.push(Buffer.from(chunk))
  }

  #refuse(): void {
    // A successful answer without an event stream cannot be translated.
    const status = this.#status < 300 ? 502 : this.#status
    const body = Buffer.concat(this.#errorBody)
    this.#sendRefusal(AgentOSError.fromAnswer(status, body, this.#retryAfter))
  }

  #sendRefusal(thrown: unknown): void {
    if (this.#raw.headersSent || this.#raw.destroyed) return
    const { shape, headers: own = [] } = this.#translation
    const refusal = refusalOf(thrown)
    const { headers, body, status } = shape(refusal)
    const length = String(Buffer.byteLength(body))
    const all = Object.entries({ ...refusal.headers, ...headers, 'content-length': length }).flat()
    this.#raw.writeHead(status, [...own, ...all])
    this.#raw.end(body)
  }
}
