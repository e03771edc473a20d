/** Writes JSON like `JSON.stringify`, but in turns, because lists in an object may be long. */
import { Turn } from '../turns.ts'

/** The text of an object without `toJSON`. Members and elements of their lists are the steps between two turns. */
export async function stringifyJson(value: Readonly<Record<string, unknown>>): Promise<string> {
  const turn = new Turn()
  const members: string[] = []
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    const text = Array.isArray(member) ? await listText(member, turn) : JSON.stringify(member)
    members.push(`${JSON.stringify(name)}:${text}`)
    await turn.rest()
  }
  return `{${members.join(',')}}`
}

async function listText(list: readonly unknown[], turn: Turn): Promise<string> {
  const items: string[] = []
  for (const item of list) {
    items.push(JSON.stringify(item) ?? 'null')
    await turn.rest()
  }
  return `[${items.join(',')}]`
}
