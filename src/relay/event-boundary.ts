/** Finds where events end in a stream: holds back unfinished ones, and counts whole ones. */

const LF = 10
const CR = 13
const COLON = 58

const BLANK_LINE = Buffer.from('\n\n')

/**
 * Holds back the beginning of an event until its end has come, so that a stream that breaks never leaves half an event
 * behind, and so that a comment can be put in at any moment. Nothing is parsed and nothing copied while chunks end where
 * events end, which is how AgentOS writes them. An event longer than the limit passes through in pieces.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class EventBoundary {
  readonly #maxHeldBytes: number
  #held: Buffer | undefined
  /** The last bytes of an event that is being passed on in pieces: its blank line may come in two. */
  #tail: Buffer | undefined

  /** @param maxHeldBytes most that is held back; default 64 KiB */
  constructor(maxHeldBytes = 64 * 1024) {
    this.#maxHeldBytes = maxHeldBytes
  }

  /** Nothing of an unfinished event has been passed on. */
  get isClean(): boolean {
    return this.#tail === undefined
  }

  /** @returns the bytes that may go on now, if any */
  push(chunk: Buffer): Buffer | undefined {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = undefined
    const end = this.#endIn(bytes)
    if (end > 0) this.#tail = undefined
    if (end === bytes.length || (this.isClean && onlyComments(bytes, end))) return bytes
    if (!this.isClean || bytes.length - end > this.#maxHeldBytes) {
      this.#tail = Buffer.from(lastBytes(this.#tail, bytes))
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

  #endIn(bytes: Buffer): number {
    const end = lastEventEnd(bytes)
    if (end > 0 || this.#tail === undefined) return end
    const seam = this.#tail.length
    return Math.max(0, lastEventEnd(Buffer.concat([this.#tail, bytes.subarray(0, 2)])) - seam)
  }
}

/** The last two bytes of what has been passed on. */
function lastBytes(before: Buffer | undefined, bytes: Buffer): Buffer {
  if (bytes.length > 1 || before === undefined) return bytes.subarray(-2)
  return Buffer.concat([before.subarray(-1), bytes])
}

/** Where the last whole event in `bytes` ends: behind its blank line; 0 when there is none. */
function lastEventEnd(bytes: Buffer): number {
  const { length } = bytes
  if (bytes[length - 1] === LF && bytes[length - 2] === LF) return length
  // Line ends are rare in AgentOS's JSON: they are searched for natively, and looked at one by one.
  let lf = bytes.lastIndexOf(LF)
  let cr = bytes.lastIndexOf(CR)
  while (lf > 0 || cr > 0) {
    const at = Math.max(lf, cr)
    if (endsBlankLine(bytes, at)) return at + 1
    if (at === lf) lf = at === 0 ? -1 : bytes.lastIndexOf(LF, at - 1)
    else cr = at === 0 ? -1 : bytes.lastIndexOf(CR, at - 1)
  }
  return 0
}

/** The line end at `at` follows another one: a lone CR, a lone LF and CR LF all end a line. */
function endsBlankLine(bytes: Buffer, at: number): boolean {
  const before = bytes[at - 1]
  if (bytes[at] === LF && before === CR) return isLineEnd(bytes[at - 2])
  return isLineEnd(before)
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR
}

/** The bytes from `start` are whole comment lines: they belong to no event. */
function onlyComments(bytes: Buffer, start: number): boolean {
  if (!isLineEnd(bytes[bytes.length - 1])) return false
  let isLineStart = true
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i]
    if (isLineStart && byte !== COLON && !isLineEnd(byte)) return false
    isLineStart = isLineEnd(byte)
  }
  return true
}

/** Blank lines that end something else than a comment: comments, such as heartbeats, are no events. */
export function countEvents(bytes: Buffer): number {
  return bytes.includes(CR) ? countWithAnyLineEnd(bytes) : countWithLineFeeds(bytes)
}

/** As AgentOS writes them: one search for each event. */
function countWithLineFeeds(bytes: Buffer): number {
  let count = 0
  let start = 0
  for (let at = bytes.indexOf(BLANK_LINE); at !== -1; at = bytes.indexOf(BLANK_LINE, start)) {
    // Blank lines that end nothing.
    while (bytes[start] === LF && start < at) start++
    if (start < at && bytes[start] !== COLON) count++
    start = at + 2
  }
  return count
}

function countWithAnyLineEnd(bytes: Buffer): number {
  let count = 0
  let start = 0
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    // A blank line that ends nothing.
    if (at === start || (at === start + 1 && bytes[start] === CR)) {
      start = at + 1
      continue
    }
    let end = at + 1
    if (bytes[end] === CR) end++
    if (bytes[end] !== LF) continue
    if (bytes[start] !== COLON) count++
    at = end
    start = end + 1
  }
  return count
}
