/**
 * Tokenizes JSON strictly and in steps, and reports the position of each token. Errors have the messages of Python's
 * parser.
 */
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './punctuation.ts'

/** Deepest nesting that the walk accepts. */
export const DEEPEST = 100

/** Thrown for invalid JSON, with the message of Python's `json.JSONDecodeError`, which FastAPI returns. */
export class JsonError extends Error {
  override readonly name = 'JsonError'
  /** Index of the byte. */
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** The text is JSON, but nested more than {@link DEEPEST} deep. */
export class DeepJsonError extends Error {
  override readonly name = 'DeepJsonError'
}

/** Receives every token. Positions are byte offsets; strings include their quotes. */
export interface JsonVisitor {
  onOpen(isArray: boolean, start: number): void
  /** @param end behind the bracket */
  onClose(end: number): void
  onKey(start: number, end: number): void
  /** A string, a number or a literal. */
  onScalar(start: number, end: number): void
}

type State = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma' | 'end'

/** Longest scalar that is no string, in bytes: a number of any length is read whole. */
const SCALAR = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** Walks through a JSON text. Time is linear in the length; memory is bounded by the depth. */
export class JsonWalk {
  readonly #bytes: Buffer
  readonly #visitor: JsonVisitor
  /** For each open container, whether it is an array. */
  readonly #open: boolean[] = []
  #state: State = 'value'
  #at: number

  constructor(bytes: Buffer, visitor: JsonVisitor) {
    this.#bytes = bytes
    this.#visitor = visitor
    this.#at = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0
  }

  /**
   * Continues to the end of the token at which `maxBytes` more have been read.
   *
   * @returns true at the end of the text
   * @throws {JsonError} for invalid JSON
   * @throws {DeepJsonError}
   */
  step(maxBytes: number): boolean {
    const bytes = this.#bytes
    const until = Math.min(this.#at + maxBytes, bytes.length)
    while (this.#at < until) {
      const byte = bytes[this.#at] as number
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) this.#at++
      else this.#token(byte)
    }
    if (this.#at < bytes.length) return false
    if (this.#state !== 'end') throw this.#unexpected()
    return true
  }

  #token(byte: number): void {
    const state = this.#state
    if (state === 'colon' && byte === COLON) this.#pass('value')
    else if (state === 'comma' && byte === COMMA) this.#pass(this.#open.at(-1) ? 'value' : 'key')
    else if (byte === CLOSE_ARRAY && (state === 'value or ]' || this.#closes(true))) this.#close()
    else if (byte === CLOSE_OBJECT && (state === 'key or }' || this.#closes(false))) this.#close()
    else if (state === 'key' || state === 'key or }') this.#key(byte)
    else if (state === 'value' || state === 'value or ]') this.#value(byte)
    else throw this.#unexpected()
  }

  #pass(state: State): void {
    this.#state = state
    this.#at++
  }

  #closes(isArray: boolean): boolean {
    return this.#state === 'comma' && this.#open.at(-1) === isArray
  }

  #close(): void {
    this.#open.pop()
    this.#at++
    this.#valueEnded()
    this.#visitor.onClose(this.#at)
  }

  #valueEnded(): void {
    this.#state = this.#open.length === 0 ? 'end' : 'comma'
  }

  #key(byte: number): void {
    if (byte !== QUOTE) throw this.#unexpected()
    const start = this.#at
    this.#at = stringEnd(this.#bytes, start)
    this.#state = 'colon'
    this.#visitor.onKey(start, this.#at)
  }

  #value(byte: number): void {
    const start = this.#at
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const isArray = byte === OPEN_ARRAY
      if (this.#open.push(isArray) > DEEPEST) throw new DeepJsonError()
      this.#pass(isArray ? 'value or ]' : 'key or }')
      this.#visitor.onOpen(isArray, start)
      return
    }
    this.#at = byte === QUOTE ? stringEnd(this.#bytes, start) : this.#scalarEnd(start)
    this.#valueEnded()
    this.#visitor.onScalar(start, this.#at)
  }

  #scalarEnd(start: number): number {
    let end = start
    while (end < this.#bytes.length && !isDelimiter(this.#bytes[end] as number)) end++
    const [scalar] = SCALAR.exec(this.#bytes.toString('latin1', start, end)) ?? []
    if (scalar === undefined) throw this.#unexpected()
    return start + scalar.length
  }

  #unexpected(): JsonError {
    return new JsonError(EXPECTED[this.#state], this.#at)
  }
}

/** Python's message for each expected token. */
const EXPECTED = {
  value: 'Expecting value',
  'value or ]': 'Expecting value',
  key: 'Expecting property name enclosed in double quotes',
  'key or }': 'Expecting property name enclosed in double quotes',
  colon: "Expecting ':' delimiter",
  comma: "Expecting ',' delimiter",
  end: 'Extra data',
} as const satisfies Record<State, string>

function isDelimiter(byte: number): boolean {
  return byte <= 0x20 || byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT
}

const ESCAPED = new Set([...'"\\/bfnrtu'].map((char) => char.charCodeAt(0)))

/** @returns the index after the closing quote */
function stringEnd(bytes: Buffer, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE) return at + 1
    if (byte < 0x20) throw new JsonError('Invalid control character at', at)
    if (byte !== BACKSLASH) continue
    const escaped = bytes[at + 1]
    if (escaped === undefined) break
    if (!ESCAPED.has(escaped)) throw new JsonError('Invalid \\escape', at)
    if (escaped === 0x75 && !/^[\da-f]{4}$/i.test(bytes.toString('latin1', at + 2, at + 6))) {
      throw new JsonError('Invalid \\uXXXX escape', at + 1)
    }
    at++
  }
  throw new JsonError('Unterminated string starting at', open)
}

/**
 * Decodes a JSON string that has been walked over. @param start of its opening quote @param end after its closing quote
 */
export function stringBetween(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start, end)
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
}
