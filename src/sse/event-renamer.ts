/** Replaces ids in the JSON data of an event stream; every other byte stays unchanged. */
import type { Edit, Rename } from '../json/json-renamer.ts'
import { edited, JsonRenamer } from '../json/json-renamer.ts'
import { LineReader } from './line-reader.ts'

/** `data`, the only field that holds JSON. */
const DATA = [...Buffer.from('data')]
/** Joins the data lines of one event. */
const LINE_FEED = Buffer.from('\n')
const COLON = 0x3a
const SPACE = 0x20

/** Position of the next byte in its line. */
type Place = 'name' | 'before value' | 'value' | 'other'

/**
 * Renames in events of any length that arrive in pieces of any size. The data of one event may be split over several
 * lines, which together are one JSON text. Only the beginning of a string that may be an id is held back.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventRenamer {
  readonly #lines = new LineReader()
  readonly #json: JsonRenamer
  #held: Buffer | undefined
  #place: Place = 'name'
  #nameLength = 0
  /** The line has no byte so far. */
  #isEmptyLine = true

  /** @param rename decides about the members of an event's outermost object */
  constructor(rename: Rename) {
    this.#json = new JsonRenamer(rename, { isShallow: true })
  }

  /** @returns the bytes that may be sent now, if any */
  push(chunk: Buffer): Buffer | undefined {
    const held = this.#held
    this.#held = undefined
    const bytes = held === undefined ? chunk : Buffer.concat([held, chunk])
    const edits: Edit[] = []
    let at = this.#lines.begin(bytes)
    let settled = bytes.length
    while (at < bytes.length) {
      this.#lines.read(at)
      const { contentEnd, isEnded, next } = this.#lines
      const reached = this.#content(bytes, at, contentEnd, edits)
      if (reached < contentEnd && !isEnded) settled = reached
      if (isEnded) this.#lineEnded(reached < contentEnd)
      at = next
    }
    if (settled < bytes.length) this.#held = bytes.subarray(settled)
    const passed = edited(settled === bytes.length ? bytes : bytes.subarray(0, settled), edits)
    return passed.length === 0 ? undefined : passed
  }

  /** The bytes held back, for the end of the stream. */
  rest(): Buffer | undefined {
    const held = this.#held
    this.#held = undefined
    return held
  }

  /** @returns `end`, or the index from which bytes have to be held back */
  #content(bytes: Buffer, start: number, end: number, edits: Edit[]): number {
    let at = start
    if (at < end) this.#isEmptyLine = false
    while (at < end && this.#place === 'name') at = this.#name(bytes[at] as number, at)
    if (at < end && this.#place === 'before value') {
      if (bytes[at] === SPACE) at++
      this.#place = 'value'
    }
    return this.#place === 'value' ? this.#json.scan(bytes, at, end, edits) : end
  }

  #name(byte: number, at: number): number {
    if (this.#nameLength === DATA.length && byte === COLON) this.#place = 'before value'
    else if (byte === DATA[this.#nameLength]) this.#nameLength++
    else this.#place = 'other'
    return at + 1
  }

  /** @param isInString the line ends inside a string, which no JSON does */
  #lineEnded(isInString: boolean): void {
    if (isInString) this.#json.break()
    if (this.#place === 'value') this.#json.scan(LINE_FEED, 0, 1, [])
    if (this.#isEmptyLine) this.#json.reset()
    this.#place = 'name'
    this.#nameLength = 0
    this.#isEmptyLine = true
  }
}
