/** Replaces names in JSON text in place: every byte that is not a replaced name stays as it was. */
import { stringEnd } from './json-text.ts'

/**
 * Told of every string that is the value of a member, or an element of an array that is.
 *
 * @param key the member's name
 * @param owner name of the member that holds the object with this member, across arrays; empty at the top
 * @returns what to put in its place, or undefined to leave it
 */
export type Rename = (key: string, value: string, owner: string) => string | undefined

/** Members whose content is the user's own: what looks like an id in there is not ours to touch. */
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
/** What lies deeper is left alone. */
const DEEPEST = 100

/** Options of {@link renameJson}. */
export interface RenameOptions {
  /** Name of the member the text stands in, for `rename`. Default none. */
  readonly owner?: string
  /** Only members of the outermost object. Default false. */
  readonly isShallow?: boolean
}

/** The text with names replaced; the very same string where there are none, or where it is no JSON. */
export function renameJson(text: string, rename: Rename, options: RenameOptions = {}): string {
  const scan = new Scan(text, rename, options.isShallow ? 1 : DEEPEST)
  try {
    scan.value(scan.space(0), options.owner ?? '', '', 0)
    return scan.result()
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

/**
 * One walk over a text. Every method takes the index where something begins and returns the one behind it, which is further
 * on, or throws a `SyntaxError`: the walk ends whatever the text is.
 */
class Scan {
  readonly #text: string
  readonly #rename: Rename
  readonly #deepest: number
  readonly #parts: string[] = []
  #copied = 0

  constructor(text: string, rename: Rename, deepest: number) {
    this.#text = text
    this.#rename = rename
    this.#deepest = deepest
  }

  result(): string {
    if (this.#parts.length === 0) return this.#text
    return this.#parts.join('') + this.#text.slice(this.#copied)
  }

  space(i: number): number {
    let at = i
    while (this.#text.charCodeAt(at) <= 32) at++
    return at
  }

  /**
   * @param key the member whose value this is
   * @param owner the member that holds the object around it
   */
  value(i: number, key: string, owner: string, depth: number): number {
    const char = this.#text[i]
    if (char === '"') return this.#string(i, key, owner)
    if (char !== '{' && char !== '[') return this.#scalar(i)
    if (depth >= this.#deepest) return this.#skip(i)
    return char === '{' ? this.#object(i, key, depth) : this.#array(i, key, owner, depth)
  }

  #object(i: number, key: string, depth: number): number {
    let at = this.space(i + 1)
    while (this.#text[at] !== '}') {
      if (this.#text[at] !== '"') throw new SyntaxError('Expected a name in JSON')
      const end = stringEnd(this.#text, at)
      const member = unescaped(this.#text.slice(at + 1, end - 1))
      at = this.space(this.space(end) + 1)
      at = OPAQUE.has(member) ? this.#skip(at) : this.value(at, member, key, depth + 1)
      at = this.#next(at, '}')
    }
    return at + 1
  }

  #array(i: number, key: string, owner: string, depth: number): number {
    let at = this.space(i + 1)
    while (this.#text[at] !== ']') {
      at = this.#next(this.value(at, key, owner, depth + 1), ']')
    }
    return at + 1
  }

  /** Behind the comma that follows, or at the bracket that ends the list. */
  #next(i: number, close: '}' | ']'): number {
    const at = this.space(i)
    if (this.#text[at] === ',') return this.space(at + 1)
    if (this.#text[at] !== close) throw new SyntaxError('Expected a comma in JSON')
    return at
  }

  #string(i: number, key: string, owner: string): number {
    const end = stringEnd(this.#text, i)
    if (key === '') return end
    const value = unescaped(this.#text.slice(i + 1, end - 1))
    const renamed = this.#rename(key, value, owner)
    if (renamed !== undefined && renamed !== value) {
      this.#parts.push(this.#text.slice(this.#copied, i), JSON.stringify(renamed))
      this.#copied = end
    }
    return end
  }

  #scalar(i: number): number {
    let at = i
    while (at < this.#text.length && !',]}'.includes(this.#text[at] as string)) at++
    if (at === i) throw new SyntaxError('Expected a value in JSON')
    return at
  }

  #skip(i: number): number {
    const char = this.#text[i]
    if (char === '"') return stringEnd(this.#text, i)
    if (char !== '{' && char !== '[') return this.#scalar(i)
    let depth = 0
    for (let at = i; at < this.#text.length; at++) {
      const here = this.#text[at]
      if (here === '"') at = stringEnd(this.#text, at) - 1
      else if (here === '{' || here === '[') depth++
      else if ((here === '}' || here === ']') && --depth === 0) return at + 1
    }
    return this.#text.length
  }
}

/** What stands between the quotes, as it reads. */
function unescaped(raw: string): string {
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
}
