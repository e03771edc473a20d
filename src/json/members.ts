/** Finds the members of the outermost object, or the elements of the outermost array, as raw JSON text. */
import { Turn } from '../turns.ts'
import type { JsonVisitor } from './json-walk.ts'
import { JsonWalk, stringBetween } from './json-walk.ts'

/** Bytes between two checks of the clock. */
const STEP_BYTES = 64 * 1024

/** Position of a member's value, in bytes. */
export interface MemberSpan {
  readonly start: number
  readonly end: number
}

/** The object has more members than the limit. */
export class TooManyMembersError extends Error {
  override readonly name = 'TooManyMembersError'
}

/**
 * The members by name, in their order; a repeated name keeps its last value, as in Python. Long texts are walked through in
 * turns.
 *
 * @param most members that are taken
 * @param onName is called for the name of each member, a repeated one each time
 * @returns undefined where the outermost value is no object
 * @throws {JsonError} when the text is no JSON
 * @throws {DeepJsonError}
 * @throws {TooManyMembersError} as soon as there are more
 */
export async function membersOf(
  bytes: Buffer,
  most: number,
  onName: (name: string) => void = () => {},
): Promise<Map<string, MemberSpan> | undefined> {
  const members = new Members(bytes, most, onName)
  const walk = new JsonWalk(bytes, members)
  const turn = new Turn()
  while (!walk.step(STEP_BYTES)) await turn.rest()
  return members.isObject ? members.spans : undefined
}

class Members implements JsonVisitor {
  readonly spans = new Map<string, MemberSpan>()
  isObject = false
  readonly #bytes: Buffer
  readonly #most: number
  readonly #onName: (name: string) => void
  #depth = 0
  #name = ''
  #start = 0

  constructor(bytes: Buffer, most: number, onName: (name: string) => void) {
    this.#bytes = bytes
    this.#most = most
    this.#onName = onName
  }

  onOpen(isArray: boolean, start: number): void {
    if (this.#depth === 0) this.isObject = !isArray
    if (this.#depth++ === 1) this.#start = start
  }

  onClose(end: number): void {
    if (--this.#depth === 1) this.#note(this.#start, end)
  }

  onKey(start: number, end: number): void {
    if (this.#depth !== 1 || !this.isObject) return
    this.#name = stringBetween(this.#bytes, start, end)
    this.#onName(this.#name)
  }

  onScalar(start: number, end: number): void {
    if (this.#depth === 1) this.#note(start, end)
  }

  #note(start: number, end: number): void {
    if (!this.isObject) return
    this.spans.set(this.#name, { start, end })
    if (this.spans.size > this.#most) throw new TooManyMembersError()
  }
}

/**
 * The elements of the outermost array, in their order; none where the outermost value is no array. Long texts are walked
 * through in turns.
 *
 * @throws {JsonError} when the text is no JSON
 * @throws {DeepJsonError}
 */
export async function elementsOf(bytes: Buffer): Promise<readonly MemberSpan[]> {
  const elements = new Elements()
  const walk = new JsonWalk(bytes, elements)
  const turn = new Turn()
  while (!walk.step(STEP_BYTES)) await turn.rest()
  return elements.isArray ? elements.spans : []
}

class Elements implements JsonVisitor {
  readonly spans: MemberSpan[] = []
  isArray = false
  #depth = 0
  #start = 0

  onOpen(isArray: boolean, start: number): void {
    if (this.#depth === 0) this.isArray = isArray
    if (this.#depth++ === 1) this.#start = start
  }

  onClose(end: number): void {
    if (--this.#depth === 1) this.spans.push({ start: this.#start, end })
  }

  onKey(): void {}

  onScalar(start: number, end: number): void {
    if (this.#depth === 1) this.spans.push({ start, end })
  }
}
