/** Finds names to replace in streamed JSON, in one pass over the bytes. */
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

/**
 * Decides about one string that is the value of a member, or an element of an array that is such a value.
 *
 * @param key name of the member
 * @param owner name of the member that contains the object of this member, across arrays; empty at the top
 * @returns the replacement, or undefined to leave the string unchanged
 */
export type Rename = (key: string, value: string, owner: string) => string | undefined

/** Options of {@link JsonRenamer}. */
export interface RenameOptions {
  /** Name of the member that contains the text, for `rename`. Default none. */
  readonly owner?: string
  /** Only members of the outermost object. Default false. */
  readonly isShallow?: boolean
}

/** Bytes to put in place of `start` to `end`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly bytes: Buffer
}

/** Members that contain user data: the gateway never changes ids in them. */
const OPAQUE = new Set([
  'session_state',
  'metadata',
  'dependencies',
  'content',
  'messages',
  'input',
  'run_input',
  'input_content',
  'output',
  'tool_args',
  'arguments',
  'parameters',
  'payload',
  'schema',
  'input_schema',
])
/** Containers below this depth stay unchanged. */
const DEEPEST = 100
/** Longest string that is checked, in bytes: ids, paths and addresses are shorter. */
const LONGEST_NAME = 8 * 1024

type State =
  | 'value'
  | 'value or ]'
  | 'key'
  | 'key or }'
  | 'colon'
  | 'comma'
  | 'scalar'
  /** In a string that is not checked. */
  | 'string'
  /** In a container that is not checked. */
  | 'skipped'
  | 'end'
  | 'broken'

/**
 * An open object or array. `key` and `owner` apply to the elements of an array; the members of an object have its key as
 * owner.
 */
interface Frame {
  readonly isArray: boolean
  readonly key: string
  readonly owner: string
}

/**
 * Finds names in pieces of any size. Time is linear in the length; memory depends only on the nesting, so long texts are
 * renamed too. Invalid JSON ends the search, and the rest stays unchanged.
 */
export class JsonRenamer {
  readonly #rename: Rename
  readonly #top: Frame
  readonly #deepest: number
  readonly #frames: Frame[] = []
  #state: State = 'value'
  #member = ''
  #skippedDepth = 0
  #isEscaped = false
  /** State after the skipped string. */
  #afterString: State = 'comma'

  constructor(rename: Rename, options: RenameOptions = {}) {
    this.#rename = rename
    this.#top = { isArray: true, key: options.owner ?? '', owner: '' }
    this.#deepest = options.isShallow ? 1 : DEEPEST
  }

  /** Starts a new JSON text. */
  reset(): void {
    this.#frames.length = 0
    this.#state = 'value'
    this.#member = ''
    this.#skippedDepth = 0
    this.#isEscaped = false
  }

  /** The bytes so far are one complete JSON text. */
  get isWhole(): boolean {
    return this.#state === 'end' || (this.#state === 'scalar' && this.#frames.length === 0)
  }

  /** Ends the search: the text is invalid JSON, or bytes are missing inside a string. */
  break(): void {
    this.#state = 'broken'
  }

  /**
   * Scans from `start` to `end` and appends the edits.
   *
   * @returns `end`, or the index of an incomplete string: pass it again with the bytes that follow
   */
  scan(bytes: Uint8Array, start: number, end: number, edits: Edit[]): number {
    let at = start
    while (at < end) {
      const state = this.#state
      if (state === 'broken') return end
      if (state === 'string') at = this.#passString(bytes, at, end)
      else if (state === 'skipped') at = this.#passContainer(bytes, at, end)
      else if (state === 'scalar') at = this.#passScalar(bytes, at, end)
      else {
        const byte = bytes[at] as number
        if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) at++
        else if (byte === QUOTE) {
          const next = this.#string(bytes, at, end, edits)
          if (next === -1) return at
          at = next
        } else {
          this.#structure(byte)
          if (this.#state !== 'scalar') at++
        }
      }
    }
    return end
  }

  /** Handles a byte between strings: bracket, comma, colon, or first byte of a number or literal. */
  #structure(byte: number): void {
    const state = this.#state
    const frame = this.#frame
    if (byte === COLON) this.#state = state === 'colon' ? 'value' : 'broken'
    else if (byte === COMMA) {
      const isPossible = state === 'comma' && this.#frames.length > 0
      this.#state = isPossible ? (frame.isArray ? 'value' : 'key') : 'broken'
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#close(byte === CLOSE_ARRAY)
    else if (state !== 'value' && state !== 'value or ]') this.#state = 'broken'
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#open(byte === OPEN_ARRAY)
    else this.#state = isScalar(byte) ? 'scalar' : 'broken'
  }

  #open(isArray: boolean): void {
    const { key, owner } = this.#context()
    if (this.#frames.length >= this.#deepest || this.#isOpaque()) {
      this.#skippedDepth = 1
      this.#state = 'skipped'
      return
    }
    this.#frames.push(isArray ? { isArray, key, owner } : { isArray, key: '', owner: key })
    this.#state = isArray ? 'value or ]' : 'key or }'
  }

  #close(isArray: boolean): void {
    const isEmpty = this.#state === (isArray ? 'value or ]' : 'key or }')
    const isInside = this.#frames.length > 0 && this.#frame.isArray === isArray
    if (!isInside || (!isEmpty && this.#state !== 'comma')) {
      this.#state = 'broken'
      return
    }
    this.#frames.pop()
    this.#valueEnded()
  }

  #valueEnded(): void {
    this.#state = this.#frames.length === 0 ? 'end' : 'comma'
  }

  get #frame(): Frame {
    return this.#frames.at(-1) ?? this.#top
  }

  /** Key and owner of the value that starts here. */
  #context(): { readonly key: string; readonly owner: string } {
    const frame = this.#frame
    return frame.isArray ? frame : { key: this.#member, owner: frame.owner }
  }

  #isOpaque(): boolean {
    return !this.#frame.isArray && OPAQUE.has(this.#member)
  }

  /** @returns the index after the string; -1 if its end has not arrived */
  #string(bytes: Uint8Array, open: number, end: number, edits: Edit[]): number {
    const isKey = this.#state === 'key' || this.#state === 'key or }'
    if (!isKey && this.#state !== 'value' && this.#state !== 'value or ]') {
      this.#state = 'broken'
      return open
    }
    const { key, owner } = this.#context()
    if (!isKey && (key === '' || this.#isOpaque())) return this.#beginPassing(open, false)
    let close = open + 1
    let hasEscapes = false
    for (; close < end && bytes[close] !== QUOTE; close++) {
      const byte = bytes[close] as number
      if (byte < 0x20) {
        this.#state = 'broken'
        return end
      }
      if (byte === BACKSLASH) {
        hasEscapes = true
        close++
      }
    }
    if (close - open > LONGEST_NAME) return this.#beginPassing(open, isKey)
    if (close >= end) return -1
    const text = textBetween(bytes, open, close, hasEscapes)
    if (text === undefined) this.#state = 'broken'
    else if (isKey) {
      this.#member = text
      this.#state = 'colon'
    } else {
      const renamed = this.#rename(key, text, owner)
      if (renamed !== undefined && renamed !== text) {
        edits.push({ start: open, end: close + 1, bytes: Buffer.from(JSON.stringify(renamed)) })
      }
      this.#valueEnded()
    }
    return close + 1
  }

  #beginPassing(open: number, isKey: boolean): number {
    if (isKey) this.#member = ''
    this.#afterString = isKey ? 'colon' : this.#frames.length === 0 ? 'end' : 'comma'
    this.#state = 'string'
    return open + 1
  }

  #passString(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    if (this.#isEscaped) {
      this.#isEscaped = false
      at++
    }
    while (at < end) {
      const byte = bytes[at++] as number
      if (byte === BACKSLASH) {
        if (at === end) this.#isEscaped = true
        at++
      } else if (byte === QUOTE) {
        this.#state = this.#afterString
        return at
      } else if (byte < 0x20) {
        this.#state = 'broken'
        return end
      }
    }
    return end
  }

  #passContainer(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number
      if (byte === QUOTE) {
        this.#afterString = 'skipped'
        this.#state = 'string'
        return at + 1
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#skippedDepth++
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --this.#skippedDepth === 0) {
        this.#valueEnded()
        return at + 1
      }
    }
    return end
  }

  #passScalar(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end && isScalar(bytes[at] as number)) at++
    if (at < end) this.#valueEnded()
    return at
  }
}

/** Bytes of numbers, `true`, `false` and `null`. */
function isScalar(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x45
  )
}

/** Decodes a JSON string; undefined for an invalid one. */
function textBetween(
  bytes: Uint8Array,
  open: number,
  close: number,
  hasEscapes: boolean,
): string | undefined {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset + open + 1, close - open - 1)
  const text = raw.toString('utf8')
  if (!hasEscapes) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return undefined
  }
}

/** Applies the edits. Without edits it returns the same buffer. @param edits in order, not overlapping */
export function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes
  const pieces: Buffer[] = []
  let copied = 0
  for (const { start, end, bytes: replacement } of edits) {
    pieces.push(bytes.subarray(copied, start), replacement)
    copied = end
  }
  pieces.push(bytes.subarray(copied))
  return Buffer.concat(pieces)
}
