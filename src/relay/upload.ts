/** Streams a large request body, and discards the rest of a body that is no longer needed. */
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { GatewayError } from '../errors.ts'
import type { StreamedBody } from '../upstream/exchange.ts'

/** Bytes buffered between the caller and the upstream. */
const BUFFER_BYTES = 64 * 1024
/** Most bytes of consumed chunks that are remembered, to free their memory at once. */
const REMEMBERED_BYTES = 512 * 1024
/** Longest wait for the rest of an unneeded body, in milliseconds. */
const LINGER_MS = 30_000

/**
 * The caller's body as a stream of its own. undici destroys a body as soon as the upstream responds or fails, and the
 * caller's connection has to outlive that for the response. Later bytes are read and dropped.
 */
export class Upload extends Readable implements StreamedBody {
  readonly #request: IncomingMessage
  readonly #maxBytes: number
  #bytes = 0
  #isAwaitingCaller = false
  /** Chunks that undici has consumed and may still write. */
  #consumed: Buffer[] = []
  #consumedBytes = 0

  /**
   * @param beginning chunks that have been read already
   * @param maxBytes the stream fails with `AGW_BODY_TOO_LARGE` beyond this size
   */
  constructor(request: IncomingMessage, beginning: readonly Buffer[], maxBytes: number) {
    super({ highWaterMark: BUFFER_BYTES })
    this.#request = request
    this.#maxBytes = maxBytes
    // Without a listener, the error of an upload that was never sent would end the process.
    this.on('error', () => {})
    if (request.destroyed) {
      this.destroy(new GatewayError('AGW_CLIENT_CLOSED'))
      return
    }
    request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
    request.pause()
    for (const chunk of beginning) this.#take(chunk)
  }

  get isAwaitingCaller(): boolean {
    return this.#isAwaitingCaller
  }

  override _read(): void {
    this.#isAwaitingCaller = true
    this.#request.resume()
  }

  /** undici resumes a body once its socket has written every consumed chunk, so their memory is free. */
  override resume(): this {
    for (const chunk of this.#consumed) freeMemory(chunk)
    this.#forgetConsumed()
    return super.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#request.resume()
    done(error)
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) this.destroy(new GatewayError('AGW_BODY_TOO_LARGE'))
    else if (!this.push(chunk)) this.#request.pause()
    else if (this.readableLength === 0) this.#rememberConsumed(chunk)
  }

  /** The chunk went to the `data` listener. Chunks of a body that is never paused are left to the garbage collector. */
  #rememberConsumed(chunk: Buffer): void {
    this.#consumedBytes += chunk.length
    if (this.#consumedBytes > REMEMBERED_BYTES) this.#forgetConsumed()
    else this.#consumed.push(chunk)
  }

  #forgetConsumed(): void {
    this.#consumed.length = 0
    this.#consumedBytes = 0
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#isAwaitingCaller = false
    this.#take(chunk)
  }

  readonly #onEnd = (): void => {
    this.#isAwaitingCaller = false
    this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#request.readableEnded) this.destroy(new GatewayError('AGW_CLIENT_CLOSED'))
  }
}

/**
 * Frees the memory of a chunk. Node allocates 64 KiB for each read of an upload, outside of the JavaScript heap; left to the
 * garbage collector, they cause a full collection for every 60 MiB of uploads.
 */
function freeMemory({ buffer, byteLength }: Buffer): void {
  if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/**
 * Reads and drops the rest of a request body after the response, for at most 30 s. Closing a socket with unread bytes resets
 * the connection, and the caller may lose the response (RFC 9112 §9.6). Call this before Node closes a connection without
 * keep-alive.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  const { socket } = request
  // Node would close both directions; only the sending direction closes until the caller stops.
  socket.destroySoon = () => socket.end()
  request.resume()
  const timer = setTimeout(() => request.destroy(), LINGER_MS).unref()
  const onOver = () => {
    clearTimeout(timer)
    socket.off('close', onOver)
    Reflect.deleteProperty(socket, 'destroySoon')
    if (socket.writableEnded) socket.destroySoon()
  }
  request.once('close', onOver)
  // Node emits no `close` on a request that has been answered.
  socket.once('close', onOver)
}
