/** The client's end of a workflow socket. */

/** What is asked of the client's WebSocket; the `ws` package's has it. */
export interface ClientSocket {
  /** Bytes that the network has not taken yet. */
  readonly bufferedAmount: number
  send(frame: Buffer | string, options: { binary: boolean }, onSent: () => void): void
  /** @param code RFC 6455 §7.4.1 */
  close(code: number, reason: string): void
  terminate(): void
  pause(): void
  resume(): void
  ping(): void
}

/** With this much on its way to a client its upstreams are not read, until it has gone down to a quarter. */
const HIGH_WATER_BYTES = 1024 * 1024
const LOW_WATER_BYTES = HIGH_WATER_BYTES / 4

/** Sends to the client, at the client's pace. */
export class ClientWriter {
  frames = 0
  bytes = 0
  /** Something has reached the network since this was last set to false. */
  hasSent = false
  readonly #peer: ClientSocket
  readonly #onDrained: () => void
  readonly #onSent = () => this.#sent()
  #isFull = false

  constructor(peer: ClientSocket, onDrained: () => void) {
    this.#peer = peer
    this.#onDrained = onDrained
  }

  /** Sends one frame, unchanged. @returns false when the client has enough for now; `onDrained` follows */
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
