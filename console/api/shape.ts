/** Gives AgentOS's objects the types that the pages expect. An upstream may send members of any type, and none at all. */
import type { Json } from './types.ts'
import { listIn, objectIn } from './types.ts'

/** Members that are texts, or absent. A number becomes a text. */
const TEXTS = new Set([
  ...['id', 'status', 'type', 'duration', 'memory', 'input', 'output', 'resolved_by', 'error'],
  ...['session_id', 'session_type', 'run_id', 'parent_run_id', 'trace_id', 'status_message'],
  ...['user_id', 'agent_id', 'team_id', 'workflow_id', 'memory_id', 'pause_type', 'model_id'],
  ...['eval_type'],
])
/** Texts that are shown in one line. */
const NAMES = new Set(['name', 'session_name', 'description', 'tool_name', 'source_name'])
/** Longest such text, in characters: a page would lay out all of a longer one. */
export const LONGEST_NAME = 500
const LISTS = new Set(['topics', 'spans', 'tree', 'tools', 'messages', 'requirements'])
const OBJECTS = new Set(['metrics', 'tool_args'])

/** @returns the object with its known members in their types; `{}` for any other value */
export function shaped(value: unknown): Json {
  const members = Object.entries(objectIn(value)).map(([name, each]) => [name, member(name, each)])
  return Object.fromEntries(members) as Json
}

function member(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return value
  if (NAMES.has(name)) return textOf(value)?.slice(0, LONGEST_NAME)
  if (TEXTS.has(name)) return textOf(value)
  if (name === 'topics') return listIn(value).flatMap((topic) => textOf(topic) ?? [])
  if (LISTS.has(name)) return listIn(value).filter(isObject)
  return OBJECTS.has(name) ? objectIn(value) : value
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
