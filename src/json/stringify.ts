/** Writes JSON like `JSON.stringify`, but in turns, because a value may have many members. */
import { Turn } from '../turns.ts'

/** Values that are written between two looks at the clock. */
const STEP_VALUES = 500

/** Types of values that JSON does not have. */
const UNWRITTEN = new Set(['undefined', 'function', 'symbol'])

interface Open {
  /** Names of an object's members; undefined for a list. */
  readonly names: readonly string[] | undefined
  readonly values: readonly unknown[]
  next: number
  isEmpty: boolean
}

/** The text of a value, as `JSON.stringify` gives it. */
export async function stringifyJson(value: unknown): Promise<string> {
  const turn = new Turn()
  // As bytes: a long text of many short pieces would be joined in one turn.
  const pieces: Buffer[] = []
  const stack: Open[] = []
  let text = write(value, stack)
  for (let written = 1; stack.length > 0; written++) {
    if (written % STEP_VALUES === 0) {
      pieces.push(Buffer.from(text))
      text = ''
      await turn.rest()
    }
    text += writeNext(stack)
  }
  pieces.push(Buffer.from(text))
  return Buffer.concat(pieces).toString('utf8')
}

/** The next member or element of the innermost container, or its end. */
function writeNext(stack: Open[]): string {
  const open = stack.at(-1) as Open
  const { names, values } = open
  const at = open.next++
  if (at === values.length) {
    stack.pop()
    return names ? '}' : ']'
  }
  const value = values[at]
  if (names && UNWRITTEN.has(typeof value)) return ''
  const comma = open.isEmpty ? '' : ','
  open.isEmpty = false
  const name = names ? `${JSON.stringify(names[at])}:` : ''
  return comma + name + write(value, stack)
}

/** Opens a container, or writes another value whole. */
function write(value: unknown, stack: Open[]): string {
  const isWhole = typeof value !== 'object' || value === null || 'toJSON' in value
  if (isWhole) return JSON.stringify(value) ?? 'null'
  const isList = Array.isArray(value)
  const names = isList ? undefined : Object.keys(value)
  const values: readonly unknown[] = isList ? value : Object.values(value)
  stack.push({ names, values, next: 0, isEmpty: true })
  return isList ? '[' : '{'
}
