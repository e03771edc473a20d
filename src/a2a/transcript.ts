/** Extracts the new text from each event of an A2A stream, because servers send the same text more than once. */
import { GatewayError } from '../errors.ts'

/** Longest text of one run, in characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024

/**
 * Collects the text of one run. Each method takes the text of one event and returns the part that is new.
 *
 * Google ADK sends an answer three times: in pieces, each in a status message; then whole in a status message; then
 * whole as an artifact. So a status message equal to all pieces since the last whole message is a repeat. After a single
 * piece, an equal message may be its repeat or a second, equal piece. It is held back until the next event decides.
 *
 * @throws {GatewayError} `AGW_UPSTREAM_PROTOCOL` from every method beyond 32 Mi characters
 */
export class Transcript {
  /** All text returned so far. */
  text = ''
  /** Start of the pieces since the last whole message, start of the pieces before them, and start of the last piece. */
  #unitStart = 0
  #lastUnitStart = 0
  #pieceStart = 0
  #pieces = 0
  #held = ''
  readonly #artifacts = new Map<string, string>()

  /** Adds text that is never a repeat. */
  piece(text: string): string {
    if (text === '') return ''
    this.#pieceStart = this.text.length
    this.#pieces++
    return this.#append(text)
  }

  /** Adds the text of a status message. */
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
   * Adds the text of an artifact.
   *
   * @param isAppended the text continues the artifact with that id; otherwise it is the whole artifact
   */
  artifact(id: string, text: string, isAppended: boolean): string {
    const known = this.#artifacts.get(id)
    this.#artifacts.set(id, isAppended ? (known ?? '') + text : text)
    this.#held = ''
    if (isAppended) return this.piece(text)
    if (known !== undefined && text.startsWith(known)) return this.piece(text.slice(known.length))
    return this.#isSent(text) ? '' : this.piece(text)
  }

  /**
   * Returns the part of the complete text that is still missing. Empty when the complete text contradicts the text
   * returned so far.
   */
  whole(text: string): string {
    this.#held = ''
    return text.startsWith(this.text) ? this.piece(text.slice(this.text.length)) : ''
  }

  /** Texts of all artifacts, joined by line feeds; empty without artifacts. */
  get artifacts(): string {
    return [...this.#artifacts.values()].filter((text) => text !== '').join('\n')
  }

  #isSent(text: string): boolean {
    const starts = [0, this.#lastUnitStart, this.#unitStart, this.#pieceStart]
    return starts.some((start) => text === this.text.slice(start))
  }

  #endUnit(): void {
    this.#lastUnitStart = this.#unitStart
    this.#unitStart = this.text.length
    this.#pieces = 0
  }

  #append(text: string): string {
    if (this.text.length + text.length > MAX_CHARACTERS) {
      const detail = `The upstream sent a text of more than ${MAX_CHARACTERS} characters`
      throw new GatewayError('AGW_UPSTREAM_PROTOCOL', { detail })
    }
    this.text += text
    return text
  }
}
