/**
 * Renames ids in the filter of a search, such as `{"op": "EQ", "key": "agent_id", "value": "x"}`. Every other byte stays
 * unchanged: a number such as `1.0` would be another one after `JSON.stringify`.
 *
 * @see AgentOS `POST /traces/search`
 */
import type { Edit } from '../json/json-renamer.ts'
import { edited } from '../json/json-renamer.ts'
import type { JsonVisitor } from '../json/json-walk.ts'
import { JsonWalk, stringBetween } from '../json/json-walk.ts'
import { QUOTE } from '../json/punctuation.ts'

/** Gives the value of a condition its name at the upstream; undefined to leave it unchanged. */
export type RenameValue = (key: string, value: string) => string | undefined

/** A container of the filter that is open. */
interface Frame {
  readonly isArray: boolean
  /** Name of the member that is being read. */
  member: string
  /** Value of the member `key`. */
  key: string | undefined
  /** Strings in the member `value`, or in the list that it is. */
  readonly values: { readonly start: number; readonly end: number }[]
  /** Number of edits before this container. */
  readonly editsBefore: number
}

/** @param filter JSON text that has been parsed before, so it is valid and not nested deep */
export function renamedFilter(filter: Buffer, rename: RenameValue): Buffer {
  const conditions = new Conditions(filter, rename)
  new JsonWalk(filter, conditions).step(filter.length)
  return edited(filter, conditions.edits)
}

class Conditions implements JsonVisitor {
  readonly edits: Edit[] = []
  readonly #bytes: Buffer
  readonly #rename: RenameValue
  readonly #open: Frame[] = []

  constructor(bytes: Buffer, rename: RenameValue) {
    this.#bytes = bytes
    this.#rename = rename
  }

  onOpen(isArray: boolean): void {
    const editsBefore = this.edits.length
    this.#open.push({ isArray, member: '', key: undefined, values: [], editsBefore })
  }

  onKey(start: number, end: number): void {
    const frame = this.#open.at(-1)
    if (frame) frame.member = stringBetween(this.#bytes, start, end)
  }

  onScalar(start: number, end: number): void {
    if (this.#bytes[start] !== QUOTE) return
    const frame = this.#open.at(-1)
    const outer = this.#open.at(-2)
    if (frame?.isArray && outer?.member === 'value') outer.values.push({ start, end })
    else if (frame?.member === 'value') frame.values.push({ start, end })
    else if (frame?.member === 'key') frame.key = stringBetween(this.#bytes, start, end)
  }

  onClose(): void {
    const frame = this.#open.pop()
    if (frame?.key === undefined) return
    // Conditions inside a value are data.
    this.edits.length = frame.editsBefore
    for (const { start, end } of frame.values) {
      const renamed = this.#rename(frame.key, stringBetween(this.#bytes, start, end))
      if (renamed === undefined) continue
      this.edits.push({ start, end, bytes: Buffer.from(JSON.stringify(renamed)) })
    }
  }
}
