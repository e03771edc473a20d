/** Extracts the new text from each event of an A2A stream, because servers send the same text more than once. */
import { GatewayError } from '../errors.ts'

/** Most text of one run that is kept, in characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024

/**
 * A run's text as it grows. Each method takes what one event says and returns what of it has not been said.
 *
 * Google ADK is why: it sends an answer piece by piece, each in a status message of its own, then the whole of it in another
 * one, and at last once more as an artifact. So a status message that equals all pieces since the last whole one is a repeat.
 * When there has been just one piece, only what comes next shows whether an equal message is its repeat or a second, equal
 * piece: it is held back until then.
 *
 * @throws {GatewayError} `AGW_UPSTREAM_PROTOCOL` from every method beyond 32 Mi characters
 */
export class Transcript {
  /** All text returned so far. */
  text = ''
  /** Where the pieces since the last whole message begin, where those before them did, and where the last piece does. */
  #unitStart = 0
  #lastUnitStart = 0
  #pieceStart = 0
  #pieces = 0
  #held = ''
  readonly #artifacts = new Map<string, string>()

  /** Text that is always a piece, never a repeat. */
  piece(text: string): string {
    if (text === '') return ''
    this.#pieceStart = this.text.length
    this.#pieces++
    return this.#tell(text)
  }

  /** The text of a status message. */
  status(text: string): string {
    if (text === '') return ''
    const held = this.#held
    if (held === '') return this.#judge(text)
    this.#held = ''
    const newText = this.piece(held)
    return newText + this.#judge(text)
  }

  #judge(text: string): string {
    if (this.#pieces === 0 || text !== this.text.slice(this.#unitStart)) return this.piece(text)
    if (this.#pieces === 1) this.#held = text
    else this.#endUnit()
    return ''
  }

  /**
   * The text of an artifact.
   *
   * @param isAppended it continues the artifact of that id; else it is the whole of it
   */
  artifact(id: string, text: string, isAppended: boolean): string {
    const known = this.#artifacts.get(id)
    this.#artifacts.set(id, isAppended ? (known ?? '') + text : text)
    this.#held = ''
    if (isAppended) return this.piece(text)
    if (known !== undefined && text.startsWith(known)) return this.piece(text.slice(known.length))
    return this.#isTold(text) ? '' : this.piece(text)
  }

  /**
   * Returns the part of the complete text that is still missing. Empty when the complete text contradicts the text
   * returned so far.
   */
  whole(text: string): string {
    this.#held = ''
    return text.startsWith(this.text) ? this.piece(text.slice(this.text.length)) : ''
  }

  /** All artifacts' texts, one a line; empty where there are none. */
  get artifacts(): string {
    return [...this.#artifacts.values()].filter((text) => text !== '').join('\n')
  }

  #isTold(text: string): boolean {
    const starts = [0, this.#lastUnitStart, this.#unitStart, this.#pieceStart]
    return starts.some((start) => text === this.text.slice(start))
  }

  #endUnit(): void {
    this.#lastUnitStart = this.#unitStart
    this.#unitStart = this.text.length
    this.#pieces = 0
  }

  #tell(text: string): string {
    if (this.text.length + text.length > MAX_CHARACTERS) {
      const detail = `The upstream sent a text of more than ${MAX_CHARACTERS} characters`
      throw new GatewayError('AGW_UPSTREAM_PROTOCOL', { detail })
    }
    this.text += text
    return text
  }
}
