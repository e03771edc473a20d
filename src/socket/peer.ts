/** The client's end of a workflow socket. */

/** What is asked of the client's WebSocket; the `ws` package's has it. */
export interface ClientPeer {
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
const FULL_BYTES = 1024 * 1024
const DRAINED_BYTES = FULL_BYTES / 4

/** Sends to the client, at the client's pace. */
export class Outlet {
  frames = 0
  bytes = 0
  /** Something has reached the network since this was last set to false. */
  hasMoved = false
  readonly #peer: ClientPeer
  readonly #onDrained: () => void
  readonly #onSent = () => this.#sent()
  #isFull = false

  constructor(peer: ClientPeer, onDrained: () => void) {
    this.#peer = peer
    this.#onDrained = onDrained
  }

  /** Sends one frame, unchanged. @returns false when the client has enough for now; `onDrained` follows */
  send(frame: Buffer | string, isBinary = false): boolean {
    this.frames++
    this.bytes += frame.length
    this.#peer.send(frame, { binary: isBinary }, this.#onSent)
    if (this.#peer.bufferedAmount > FULL_BYTES) this.#isFull = true
    return !this.#isFull
  }

  #sent(): void {
    this.hasMoved = true
    if (!this.#isFull || this.#peer.bufferedAmount > DRAINED_BYTES) return
    this.#isFull = false
    this.#onDrained()
  }
}
