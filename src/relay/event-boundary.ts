/** Splits an event stream at event ends, so that the caller never gets half an event. */

const LF = 10
const CR = 13
const COLON = 58

/**
 * Holds back an unfinished event until its blank line arrives. A failed stream then ends with a whole event, and a comment
 * can be inserted at any time. Each byte is scanned once and copied at most once; nothing is copied while chunks end at
 * event ends, as AgentOS writes them. An event longer than the limit passes in pieces.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class EventBoundary {
  readonly #maxHeldBytes: number
  #held: Buffer[] = []
  #heldBytes = 0
  /** The last two bytes received, because a line end may arrive in two chunks. */
  #last = 0
  #beforeLast = 0
  /** All bytes after the last event are comment lines; the last line may be incomplete. */
  #isComment = true
  #isInPieces = false

  /** @param maxHeldBytes most bytes held back; default 64 KiB */
  constructor(maxHeldBytes = 64 * 1024) {
    this.#maxHeldBytes = maxHeldBytes
  }

  /** No byte of an unfinished event has been passed on. */
  get isClean(): boolean {
    return !this.#isInPieces
  }

  /** The last byte was CR, so a following LF belongs to the same line end. */
  get endsWithCarriageReturn(): boolean {
    return this.#last === CR
  }

  /** @returns bytes that can be passed on now; undefined for none */
  push(chunk: Buffer): Buffer | undefined {
    const { length } = chunk
    if (length === 0) return undefined
    const end = this.#lastEventEnd(chunk)
    if (end > 0) {
      this.#isInPieces = false
      this.#isComment = true
    }
    if (end < length && this.#isComment) this.#isComment = this.#hasOnlyComments(chunk, end)
    this.#beforeLast = length > 1 ? (chunk[length - 2] as number) : this.#last
    this.#last = chunk[length - 1] as number
    if (end === length || this.#isInPieces) return this.#released(chunk)
    if (this.#isComment && isLineEnd(this.#last)) return this.#released(chunk)
    const heldBytes = end > 0 ? length - end : this.#heldBytes + length
    if (heldBytes > this.#maxHeldBytes) {
      this.#isInPieces = true
      return this.#released(chunk)
    }
    const passed = end > 0 ? this.#released(chunk.subarray(0, end)) : undefined
    this.#held.push(end > 0 ? chunk.subarray(end) : chunk)
    this.#heldBytes = heldBytes
    return passed
  }

  /** Bytes that are still held back when the stream ends normally. */
  rest(): Buffer | undefined {
    return this.#heldBytes === 0 ? undefined : this.#released(Buffer.alloc(0))
  }

  #released(bytes: Buffer): Buffer {
    if (this.#heldBytes === 0) return bytes
    const all = Buffer.concat([...this.#held, bytes])
    this.#held = []
    this.#heldBytes = 0
    return all
  }

  /** Offset after the last whole event that ends in `bytes`; 0 when no event ends there. */
  #lastEventEnd(bytes: Buffer): number {
    const { length } = bytes
    if (length > 1 && bytes[length - 1] === LF && bytes[length - 2] === LF) return length
    // AgentOS's JSON has few line ends: a native search finds each one.
    let lf = bytes.lastIndexOf(LF)
    let cr = bytes.lastIndexOf(CR)
    while (lf >= 0 || cr >= 0) {
      const at = Math.max(lf, cr)
      if (this.#endsBlankLine(bytes, at)) return at + 1
      if (at === lf) lf = at === 0 ? -1 : bytes.lastIndexOf(LF, at - 1)
      else cr = at === 0 ? -1 : bytes.lastIndexOf(CR, at - 1)
    }
    return 0
  }

  /** The line end at `at` follows another line end. CR, LF and CR LF all end a line. */
  #endsBlankLine(bytes: Buffer, at: number): boolean {
    const before = this.#byteAt(bytes, at - 1)
    if (bytes[at] === LF && before === CR) return isLineEnd(this.#byteAt(bytes, at - 2))
    return isLineEnd(before)
  }

  /** @param at from -2, which addresses the bytes of the chunk before */
  #byteAt(bytes: Buffer, at: number): number {
    if (at >= 0) return bytes[at] as number
    return at === -1 ? this.#last : this.#beforeLast
  }

  /** Each line that begins at `start` or later is a comment, so it belongs to no event. */
  #hasOnlyComments(bytes: Buffer, start: number): boolean {
    // A line begins after an event and before the first byte of the stream.
    let isLineStart = start > 0 || this.#last === 0 || isLineEnd(this.#last)
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i] as number
      if (isLineStart && byte !== COLON && !isLineEnd(byte)) return false
      isLineStart = isLineEnd(byte)
    }
    return true
  }
}

function isLineEnd(byte: number): boolean {
  return byte === LF || byte === CR
}
