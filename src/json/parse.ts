/** Parses JSON of an upstream: refuses deep nesting, and splits long texts into turns. */
import { Turn } from '../turns.ts'
import type { JsonVisitor } from './json-walk.ts'
import { DEEPEST, JsonWalk, stringBetween } from './json-walk.ts'
import { QUOTE } from './punctuation.ts'

/** A shorter text is parsed at once. */
const SHORT_BYTES = 128 * 1024
const STEP_BYTES = 64 * 1024
const OPEN_BRACKETS = /[[{]/g

/**
 * Parses a JSON text.
 *
 * @throws {SyntaxError} for invalid JSON, and for nesting deeper than 100
 */
export async function parseJson(bytes: Buffer): Promise<unknown> {
  const text = bytes.length <= SHORT_BYTES ? bytes.toString('utf8') : undefined
  // Text with few brackets cannot nest deep.
  const isFlat = text !== undefined && (text.match(OPEN_BRACKETS)?.length ?? 0) <= DEEPEST
  if (isFlat) return JSON.parse(text) as unknown
  const builder = new Builder(bytes)
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
  readonly #open: { readonly container: Container; key: string }[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
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
    const top = this.#open.at(-1)
    if (top === undefined) this.value = value
    else if (Array.isArray(top.container)) top.container.push(value)
    else if (top.key === '__proto__') {
      const own = { value, writable: true, enumerable: true, configurable: true }
      Object.defineProperty(top.container, top.key, own)
    } else top.container[top.key] = value
  }
}
