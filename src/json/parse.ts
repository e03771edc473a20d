/** Parses JSON: refuses deep nesting, and splits long texts into turns. */
import { Turn } from '../turns.ts'
import type { JsonVisitor } from './json-walk.ts'
import { DEEPEST, JsonWalk, stringBetween } from './json-walk.ts'
import { QUOTE } from './punctuation.ts'

/** A shorter text is parsed at once. */
const SHORT_BYTES = 128 * 1024
const STEP_BYTES = 64 * 1024
const OPEN_BRACKETS = /[[{]/g

/** The text has more values than its reader accepts. */
export class TooManyValuesError extends Error {
  override readonly name = 'TooManyValuesError'
}

/** Shortest value with its separator, in bytes. */
const VALUE_BYTES = 2

/**
 * Parses a JSON text.
 *
 * @param mostValues most members, elements and containers; default: any number
 * @throws {SyntaxError} for invalid JSON, for nesting deeper than 100, and for more values
 */
export async function parseJson(
  bytes: Buffer,
  mostValues = Number.POSITIVE_INFINITY,
): Promise<unknown> {
  const isShort = bytes.length <= Math.min(SHORT_BYTES, mostValues * VALUE_BYTES)
  const text = isShort ? bytes.toString('utf8') : undefined
  // Text with few brackets cannot nest deep.
  const isFlat = text !== undefined && (text.match(OPEN_BRACKETS)?.length ?? 0) <= DEEPEST
  if (isFlat) return JSON.parse(text) as unknown
  const builder = new Builder(bytes, mostValues)
  const walk = new JsonWalk(bytes, builder)
  const turn = new Turn()
  try {
    while (!walk.step(STEP_BYTES)) await turn.rest()
  } catch (cause) {
    throw new SyntaxError((cause as Error).message, { cause })
  }
  return builder.value
}

type Container = unknown[] | Record<string, unknown>

/** Builds the value that `JSON.parse` would return. */
class Builder implements JsonVisitor {
  value: unknown
  readonly #bytes: Buffer
  #valuesLeft: number
  readonly #open: { readonly container: Container; key: string }[] = []

  constructor(bytes: Buffer, mostValues: number) {
    this.#bytes = bytes
    this.#valuesLeft = mostValues
  }

  onOpen(isArray: boolean): void {
    const container: Container = isArray ? [] : {}
    this.#put(container)
    this.#open.push({ container, key: '' })
  }

  onClose(): void {
    this.#open.pop()
  }

  onKey(start: number, end: number): void {
    const top = this.#open.at(-1)
    if (top) top.key = stringBetween(this.#bytes, start, end)
  }

  onScalar(start: number, end: number): void {
    const isString = this.#bytes[start] === QUOTE
    this.#put(
      isString
        ? stringBetween(this.#bytes, start, end)
        : (JSON.parse(this.#bytes.toString('latin1', start, end)) as unknown),
    )
  }

  #put(value: unknown): void {
    if (--this.#valuesLeft < 0) throw new TooManyValuesError('Too many values')
    const top = this.#open.at(-1)
    if (top === undefined) this.value = value
    else if (Array.isArray(top.container)) top.container.push(value)
    else if (top.key === '__proto__') {
      const own = { value, writable: true, enumerable: true, configurable: true }
      Object.defineProperty(top.container, top.key, own)
    } else top.container[top.key] = value
  }
}
