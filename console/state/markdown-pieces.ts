/** Splits a growing Markdown text into pieces that are rendered one by one. Only the end of the text is parsed again. */
import type { Token } from 'marked'
import { Lexer } from 'marked'

export interface Piece {
  readonly raw: string
  /** Shown as plain text, because rendering it could stop the page. */
  readonly isPlain: boolean
}

/** Smallest length of a complete piece, in characters. */
const PIECE = 2_000
/** Longest rendered block, paragraph and line, in characters: a parser's time can grow with the square of them. */
const LONGEST_BLOCK = 60_000
const LONGEST_PARAGRAPH = 10_000
const LONG_LINE = /[^\n]{10000}/
/** Quotes and lists inside of each other: a parser calls itself for each. */
const NESTED =
  /^[ \t]*(?:>[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+){20}|^[ \t]{100,}(?:[-*+]|\d{1,9}[.)])[ \t]/m

export class MarkdownPieces {
  #text = ''
  #complete: Piece[] = []
  #completeLength = 0

  /** Pieces of the text, which usually continues the text of the last call. */
  of(text: string): readonly Piece[] {
    if (!text.startsWith(this.#text)) {
      this.#complete = []
      this.#completeLength = 0
    }
    this.#text = text
    const blocks = blocksIn(text.slice(this.#completeLength))
    // The last two blocks can still change: a list can continue after an empty line.
    const last = blocks.splice(-2)
    const pieces = joined(blocks)
    const growing = pieces.at(-1)
    if (growing && !growing.isPlain && growing.raw.length < PIECE) pieces.pop()
    for (const piece of pieces) {
      this.#complete.push(piece)
      this.#completeLength += piece.raw.length
    }
    const rest = growing && growing !== pieces.at(-1) ? [growing] : []
    return [...this.#complete, ...rest, ...last]
  }
}

function joined(blocks: readonly Piece[]): Piece[] {
  const pieces: Piece[] = []
  for (const block of blocks) {
    const before = pieces.at(-1)
    if (before && !before.isPlain && !block.isPlain && before.raw.length < PIECE) {
      pieces[pieces.length - 1] = { raw: before.raw + block.raw, isPlain: false }
    } else pieces.push(block)
  }
  return pieces
}

/** Top-level blocks. Their contents are not parsed. */
function blocksIn(text: string): Piece[] {
  if (NESTED.test(text)) return [{ raw: text, isPlain: true }]
  try {
    return new Lexer().blockTokens(text, []).map((token) => ({
      raw: token.raw,
      isPlain: isHeavy(token),
    }))
  } catch {
    return [{ raw: text, isPlain: true }]
  }
}

function isHeavy({ type, raw }: Token): boolean {
  if (raw.length < LONGEST_PARAGRAPH || type === 'code') return false
  return raw.length > LONGEST_BLOCK || type === 'paragraph' || LONG_LINE.test(raw)
}
