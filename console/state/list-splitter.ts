/** Splits the text of a JSON list into parts that are parsed one by one. */

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92

/**
 * Parses a JSON list while its text arrives, each time up to the last comma between two items. Another JSON value has no
 * items.
 */
export class ListSplitter {
  readonly #onItem: (item: unknown) => void
  /** Text that is not parsed yet; of a list, without its first bracket. */
  #text = ''
  #isList: boolean | undefined
  #depth = 0
  #isInText = false
  #isEscaped = false
  #hasComma = false

  constructor(onItem: (item: unknown) => void) {
    this.#onItem = onItem
  }

  /** @throws {SyntaxError} for items that are not JSON */
  add(text: string): void {
    const part = this.#isList === undefined ? this.#begin(text) : text
    const end = this.#isList === true ? this.#lastComma(part) : -1
    if (end === -1) {
      this.#text += part
      return
    }
    this.#parse(this.#text + part.slice(0, end))
    this.#hasComma = true
    this.#text = part.slice(end + 1)
  }

  /** @throws {SyntaxError} unless the whole text was JSON */
  end(): void {
    if (this.#isList !== true) JSON.parse(this.#text)
    else this.#parse(this.#text, '')
  }

  #parse(text: string, end = ']'): void {
    const items = JSON.parse(`[${text}${end}`) as unknown[]
    // Only an empty list has no item beside a comma.
    if (items.length === 0 && (end !== '' || this.#hasComma)) throw new SyntaxError('no item')
    for (const item of items) this.#onItem(item)
  }

  /** Returns the text without the bracket that begins a list. */
  #begin(text: string): string {
    const first = text.search(/\S/)
    if (first === -1) return text
    this.#isList = text[first] === '['
    return this.#isList ? text.slice(first + 1) : text
  }

  /** Index of the last comma between two items; -1 without one. */
  #lastComma(text: string): number {
    let found = -1
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (this.#isEscaped) this.#isEscaped = false
      else if (this.#isInText) {
        if (code === BACKSLASH) this.#isEscaped = true
        else if (code === QUOTE) this.#isInText = false
      } else if (code === QUOTE) this.#isInText = true
      else if (code === COMMA) found = this.#depth === 0 ? index : found
      // `[` and `{` differ only in one bit, and so do `]` and `}`.
      else if ((code | 32) === 123) this.#depth++
      else if ((code | 32) === 125) this.#depth--
    }
    return found
  }
}
