/**
 * Digests JSON values independently of blanks, escapes and the order of members. The text that is hashed is that of Python's
 * `json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`, with numbers as they were written.
 */
import { hash } from 'node:crypto'
import type { JsonVisitor } from '../json/json-walk.ts'
import { JsonWalk, stringBetween } from '../json/json-walk.ts'
import { QUOTE } from '../json/punctuation.ts'
import { Turn } from '../turns.ts'

/** Bytes between two checks of the clock. */
const STEP_BYTES = 64 * 1024

/**
 * SHA-256 of a JSON value in canonical form, in hexadecimal. Long values are read in turns.
 *
 * @throws {JsonError} for invalid JSON, {DeepJsonError} for deep nesting
 */
export async function digestOf(json: Buffer): Promise<string> {
  const canonical = new Canonical(json)
  const walk = new JsonWalk(json, canonical)
  const turn = new Turn()
  while (!walk.step(STEP_BYTES)) await turn.rest()
  return hash('sha256', canonical.text)
}

interface Open {
  readonly items: string[]
  /** Undefined for an array. A repeated name keeps its last value, as in Python. */
  readonly members: Map<string, string> | undefined
  name: string
}

/** Builds the canonical text from the inside out. */
class Canonical implements JsonVisitor {
  text = ''
  readonly #bytes: Buffer
  readonly #open: Open[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  onOpen(isArray: boolean): void {
    this.#open.push({ items: [], members: isArray ? undefined : new Map(), name: '' })
  }

  onClose(): void {
    const { items, members } = this.#open.pop() as Open
    if (members === undefined) this.#put(`[${items.join(',')}]`)
    else {
      const sorted = [...members].sort(([a], [b]) => byCodePoint(a, b))
      this.#put(`{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`)
    }
  }

  onKey(start: number, end: number): void {
    const top = this.#open.at(-1)
    if (top) top.name = stringBetween(this.#bytes, start, end)
  }

  onScalar(start: number, end: number): void {
    const isString = this.#bytes[start] === QUOTE
    this.#put(
      isString
        ? JSON.stringify(stringBetween(this.#bytes, start, end))
        : this.#bytes.toString('latin1', start, end),
    )
  }

  #put(text: string): void {
    const top = this.#open.at(-1)
    if (top === undefined) this.text = text
    else if (top.members) top.members.set(top.name, text)
    else top.items.push(text)
  }
}

/** Python sorts names by code point, JavaScript by UTF-16 code unit. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
