/** Sends frames to the client, and reports backpressure. */

/** The part of the client's WebSocket that is used here; the `ws` package has it. */
export interface ClientSocket {
  /** Bytes that the network has not accepted yet. */
  readonly bufferedAmount: number
  send(frame: Buffer | string, options: { binary: boolean }, onSent: () => void): void
  /** @param code RFC 6455 §7.4.1 */
  close(code: number, reason: string): void
  terminate(): void
  pause(): void
  resume(): void
  ping(): void
}

/** Reading from the upstreams pauses above this many buffered bytes, and resumes at a quarter of it. */
const HIGH_WATER_BYTES = 1024 * 1024
const LOW_WATER_BYTES = HIGH_WATER_BYTES / 4

/** Sends frames to the client and counts them. */
export class ClientWriter {
  frames = 0
  bytes = 0
  /** The network has accepted a frame since this was set to false. */
  hasSent = false
  readonly #peer: ClientSocket
  readonly #onDrained: () => void
  readonly #onSent = () => this.#sent()
  #isFull = false

  constructor(peer: ClientSocket, onDrained: () => void) {
    this.#peer = peer
    this.#onDrained = onDrained
  }

  /** Sends one frame unchanged. @returns false when the buffer is full; `onDrained` follows */
  send(frame: Buffer | string, isBinary = false): boolean {
    this.frames++
    this.bytes += frame.length
    this.#peer.send(frame, { binary: isBinary }, this.#onSent)
    if (this.#peer.bufferedAmount > HIGH_WATER_BYTES) this.#isFull = true
    return !this.#isFull
  }

  #sent(): void {
    this.hasSent = true
    if (!this.#isFull || this.#peer.bufferedAmount > LOW_WATER_BYTES) return
    this.#isFull = false
    this.#onDrained()
  }
}
