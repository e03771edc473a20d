/** A large request body on its way, and what is left of one that nobody wants any more. */
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { GatewayError } from '../errors.ts'
import type { StreamedBody } from '../upstream/exchange.ts'

/** Bytes held between the caller and the upstream. */
const BUFFER_BYTES = 64 * 1024
/** How long the rest of an unwanted body is waited for, in milliseconds. */
const LINGER_MS = 30_000

/**
 * The caller's body, apart from the caller's connection: whoever sends it destroys it as soon as the upstream answers or
 * dies, and the connection has to outlive that, for the answer. What comes after that is read and dropped.
 */
export class Upload extends Readable implements StreamedBody {
  readonly #request: IncomingMessage
  readonly #maxBytes: number
  #bytes = 0
  #isAwaitingCaller = false

  /**
   * @param beginning what has been read of the request already
   * @param maxBytes beyond this the stream fails with `AGW_BODY_TOO_LARGE`
   */
  constructor(request: IncomingMessage, beginning: readonly Buffer[], maxBytes: number) {
    super({ highWaterMark: BUFFER_BYTES })
    this.#request = request
    this.#maxBytes = maxBytes
    // Without a listener an upload that was never sent would bring the process down.
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

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#request.resume()
    done(error)
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) this.destroy(new GatewayError('AGW_BODY_TOO_LARGE'))
    else if (!this.push(chunk)) this.#request.pause()
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
 * Reads and drops what the caller still sends of a body that has been answered: closing with bytes unread resets the
 * connection, and the caller may never see the answer (RFC 9112 §9.6). Not for longer than half a minute. To be called
 * before Node closes a connection that is not kept.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  const { socket } = request
  // Node would close both ways at once: only ours is closed until the caller has stopped.
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
  // A request that has been answered is not told that its connection broke.
  socket.once('close', onOver)
}
