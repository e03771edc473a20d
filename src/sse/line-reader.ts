/** Finds the lines of an event stream in its bytes: CR, LF and CR LF end a line, and nothing else does. */

const LF = 10
const CR = 13
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/**
 * Reads chunks that may end anywhere, also between the two bytes of a line end or inside the byte order mark. It copies and
 * decodes nothing: both line ends are ASCII, so bytes can be searched without regard to characters.
 *
 * Call {@link begin} for each chunk, then {@link read} until it reaches the end of the chunk.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class LineReader {
  /** Index after the last byte of the line's content. */
  contentEnd = 0
  /** Index at which the next line begins. */
  next = 0
  /** The line has ended. Otherwise it continues in the next chunk. */
  isEnded = false
  #bytes: Uint8Array = new Uint8Array(0)
  #carriageReturn = -1
  #isAfterCarriageReturn = false
  #markBytes = 0

  /** @returns index of the first byte of a line: after a byte order mark, and after the LF of a CR LF */
  begin(bytes: Uint8Array): number {
    this.#bytes = bytes
    this.#carriageReturn = bytes.indexOf(CR)
    let start = 0
    while (this.#markBytes < 3 && start < bytes.length) {
      if (bytes[start] === BYTE_ORDER_MARK[this.#markBytes]) {
        this.#markBytes++
        start++
      } else this.#markBytes = 3
    }
    if (this.#isAfterCarriageReturn && start < bytes.length) {
      this.#isAfterCarriageReturn = false
      if (bytes[start] === LF) start++
    }
    return start
  }

  /** Reads the line that begins or continues at `start`. */
  read(start: number): void {
    const bytes = this.#bytes
    const { length } = bytes
    if (this.#carriageReturn !== -1 && this.#carriageReturn < start) {
      this.#carriageReturn = bytes.indexOf(CR, start)
    }
    const cr = this.#carriageReturn
    const lf = bytes.indexOf(LF, start)
    const end = cr !== -1 && (lf === -1 || cr < lf) ? cr : lf
    this.isEnded = end !== -1
    this.contentEnd = end === -1 ? length : end
    this.next = end === -1 ? length : end + 1
    if (end !== cr || end === -1) return
    if (this.next === length) this.#isAfterCarriageReturn = true
    else if (bytes[this.next] === LF) this.next++
  }
}
