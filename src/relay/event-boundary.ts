/** Keeps event streams whole: what has been passed on always ends where an event ends. */

const LF = 10
const CR = 13
const COLON = 58

/**
 * Holds back the beginning of an event until its end has come, so that a stream that breaks never leaves half an event
 * behind, and so that a comment can be put in at any moment. Every byte is looked at once and copied at most once, and nothing is
 * copied while chunks end where events end, which is how AgentOS writes them. An event longer than the limit passes through in
 * pieces.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class EventBoundary {
  readonly #maxHeldBytes: number
  #held: Buffer[] = []
  #heldBytes = 0
  /** The last two bytes before those that come; a line end may come in two. */
  #last = 0
  #beforeLast = 0
  /** All bytes behind the last event are comment lines, the last of them perhaps cut. */
  #isComment = true
  #isInPieces = false

  /** @param maxHeldBytes most that is held back; default 64 KiB */
  constructor(maxHeldBytes = 64 * 1024) {
    this.#maxHeldBytes = maxHeldBytes
  }

  /** Nothing of an unfinished event has been passed on. */
  get isClean(): boolean {
    return !this.#isInPieces
  }

  /** The last byte was a CR: a line feed that follows belongs to the same line end. */
  get endsWithCarriageReturn(): boolean {
    return this.#last === CR
  }

  /** @returns the bytes that may go on now, if any */
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

  /** The bytes that are still held back, for the clean end of a stream. */
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

  /** Where the last whole event that ends in `bytes` ends: behind its blank line; 0 when none does. */
  #lastEventEnd(bytes: Buffer): number {
    const { length } = bytes
    if (length > 1 && bytes[length - 1] === LF && bytes[length - 2] === LF) return length
    // Line ends are rare in AgentOS's JSON: they are searched for natively, and looked at one by one.
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

  /** The line end at `at` follows another one: a lone CR, a lone LF and CR LF all end a line. */
  #endsBlankLine(bytes: Buffer, at: number): boolean {
    const before = this.#byteAt(bytes, at - 1)
    if (bytes[at] === LF && before === CR) return isLineEnd(this.#byteAt(bytes, at - 2))
    return isLineEnd(before)
  }

  /** @param at from -2, for the bytes that came before */
  #byteAt(bytes: Buffer, at: number): number {
    if (at >= 0) return bytes[at] as number
    return at === -1 ? this.#last : this.#beforeLast
  }

  /** Every line that begins at or behind `start` is a comment: it belongs to no event. */
  #hasOnlyComments(bytes: Buffer, start: number): boolean {
    // Behind an event, and before the first byte of all, a line begins.
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
