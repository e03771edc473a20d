/** Keeps hold of the end of an answer while it passes through: nothing is copied. */

/** A JSON answer that is longer is not kept. */
const MAX_BYTES = 256 * 1024

export class ResponseTail {
  readonly #isEventStream: boolean
  #chunks: Buffer[] = []
  #last: Buffer | undefined
  #bytes = 0

  constructor(isEventStream: boolean) {
    this.#isEventStream = isEventStream
  }

  /** @param bytes of a stream: whole events */
  push(bytes: Buffer): void {
    if (this.#isEventStream) {
      this.#last = bytes
      return
    }
    this.#bytes += bytes.length
    if (this.#bytes <= MAX_BYTES) this.#chunks.push(bytes)
    else this.#chunks = []
  }

  /** The last events of a stream, as far as they came at once; the whole of a JSON answer. Undefined where nothing is kept. */
  get bytes(): Buffer | undefined {
    if (this.#isEventStream) return this.#last
    if (this.#chunks.length < 2) return this.#chunks[0]
    return Buffer.concat(this.#chunks)
  }
}
