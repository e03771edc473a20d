/** Keeps event streams whole: what has been passed on always ends where an event ends. */

const LF = 10
const CR = 13
const COLON = 58

/**
 * Holds back the beginning of an event until its end has come, so that a stream that breaks never leaves half an event
 * behind, and so that a comment can be put in at any moment. Nothing is parsed and nothing copied while chunks end where
 * events end, which is how AgentOS writes them. An event longer than the limit passes through in pieces.
 */
export class EventBoundary {
  readonly #maxHeldBytes: number
  #held: Buffer | undefined
  #isInside = false

  /** @param maxHeldBytes most that is held back; default 64 KiB */
  constructor(maxHeldBytes = 64 * 1024) {
    this.#maxHeldBytes = maxHeldBytes
  }

  /** Nothing of an unfinished event has been passed on. */
  get isClean(): boolean {
    return !this.#isInside
  }

  /** @returns the bytes that may go on now, if any */
  push(chunk: Buffer): Buffer | undefined {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = undefined
    const end = lastEventEnd(bytes)
    if (end === bytes.length) {
      this.#isInside = false
      return bytes
    }
    if (end > 0) this.#isInside = false
    if (!this.#isInside && onlyComments(bytes, end)) return bytes
    if (this.#isInside || bytes.length - end > this.#maxHeldBytes) {
      this.#isInside = true
      return bytes
    }
    this.#held = end === 0 ? bytes : bytes.subarray(end)
    return end === 0 ? undefined : bytes.subarray(0, end)
  }

  /** What is still held back, for the clean end of a stream. */
  rest(): Buffer | undefined {
    const held = this.#held
    this.#held = undefined
    return held
  }
}

/** Where the last whole event in `bytes` ends: behind its blank line; 0 when there is none. */
function lastEventEnd(bytes: Buffer): number {
  const { length } = bytes
  const last = bytes[length - 1]
  if (last === LF && bytes[length - 2] === LF) return length
  const lf = bytes.lastIndexOf('\n\n')
  const crlf = bytes.lastIndexOf('\r\n\r\n')
  const cr = bytes.lastIndexOf('\r\r')
  return Math.max(lf === -1 ? 0 : lf + 2, crlf === -1 ? 0 : crlf + 4, cr === -1 ? 0 : cr + 2)
}

/** The bytes from `start` are whole comment lines: they belong to no event. */
function onlyComments(bytes: Buffer, start: number): boolean {
  const last = bytes[bytes.length - 1]
  if (last !== LF && last !== CR) return false
  let isLineStart = true
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i]
    if (isLineStart && byte !== COLON && byte !== LF && byte !== CR) return false
    isLineStart = byte === LF || byte === CR
  }
  return true
}
