/** Finds calls that no AgentOS accepts, for any database. */
import type { Call } from './call.ts'

/** Operations whose body is a JSON object. */
const JSON_BODIES = new Set([
  'POST /components',
  'POST /eval-runs',
  'POST /knowledge/search',
  'POST /learnings',
  'POST /memories',
  'POST /optimize-memories',
  'POST /schedules',
  'POST /service-accounts',
  'POST /sessions',
])
/** Members that the schemas of every release require. @see AgentOS `agno/os/routers` */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  '/knowledge/search': ['query'],
  '/memories': ['memory'],
  '/schedules': ['name', 'endpoint'],
}
const SESSION_TYPES = new Set(['agent', 'team', 'workflow'])

/**
 * FastAPI answers 422 before a handler runs. Only certain cases count: an accepted call would run at an arbitrary
 * upstream.
 */
export function isInvalidEverywhere({ row, request, body, query }: Call): boolean {
  if (!JSON_BODIES.has(`${row.method} ${row.path}`)) return false
  const type = query.getAll('type').at(-1)
  if (row.path === '/sessions' && type !== undefined && !SESSION_TYPES.has(type)) return true
  if (!Buffer.isBuffer(body) || body.length === 0) return false
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return false
  return lacks(body.toString('utf8'), REQUIRED[row.path] ?? [])
}

/** The text is no JSON object, or lacks members. JSON null means no body, which some operations accept. */
function lacks(text: string, members: readonly string[]): boolean {
  // Python reads NaN and the infinities as numbers.
  if (/NaN|Infinity/.test(text)) return false
  try {
    const value: unknown = JSON.parse(text)
    if (value === null) return false
    return typeof value !== 'object' || Array.isArray(value) || !members.every((m) => m in value)
  } catch {
    return true
  }
}
