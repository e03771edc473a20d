/** Finds calls that no AgentOS accepts, for any database. */
import type { Call } from './call.ts'

/** The JSON object that an operation takes, as far as the schemas of every release agree. */
interface BodySchema {
  readonly required: readonly string[]
  /** Members that are text. */
  readonly texts: readonly string[]
  /** A call without a body is accepted. Default false. */
  readonly isOptional?: boolean
}

/** @see AgentOS `agno/os/routers`; a test compares them with the documents of real ones */
const BODY_SCHEMAS: Readonly<Record<string, BodySchema>> = {
  'POST /components': { required: ['name', 'component_type'], texts: ['name', 'description'] },
  'POST /eval-runs': {
    required: ['eval_type', 'input'],
    texts: ['agent_id', 'team_id', 'model_id', 'model_provider', 'input', 'name'],
  },
  'POST /knowledge/search': { required: ['query'], texts: ['query', 'db_id', 'knowledge_id'] },
  'POST /learnings': {
    required: ['learning_type', 'content'],
    texts: ['learning_type', 'namespace', 'user_id', 'agent_id', 'team_id', 'session_id'],
  },
  'POST /memories': { required: ['memory'], texts: ['memory', 'user_id'] },
  'POST /optimize-memories': { required: ['user_id'], texts: ['user_id', 'model'] },
  'POST /schedules': {
    required: ['name', 'endpoint'],
    texts: ['name', 'cron_expr', 'endpoint', 'method', 'description', 'timezone'],
  },
  'POST /service-accounts': { required: ['name'], texts: ['name'] },
  'POST /sessions': {
    required: [],
    texts: ['session_id', 'session_name', 'user_id', 'agent_id', 'team_id', 'workflow_id'],
    isOptional: true,
  },
}
const SESSION_TYPES = new Set(['agent', 'team', 'workflow'])

/**
 * FastAPI answers 422 before a handler runs. Only certain cases count: an accepted call would run at an arbitrary
 * upstream.
 */
export function isInvalidEverywhere({ row, request, body, query }: Call): boolean {
  const schema = BODY_SCHEMAS[`${row.method} ${row.path}`]
  if (schema === undefined) return false
  const type = query.getAll('type').at(-1)
  if (row.path === '/sessions' && type !== undefined && !SESSION_TYPES.has(type)) return true
  if (body === null || (Buffer.isBuffer(body) && body.length === 0)) return !schema.isOptional
  if (!Buffer.isBuffer(body)) return false
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return false
  return isRefused(body.toString('utf8'), schema)
}

/** The text is no JSON object, lacks members, or has one of another type. JSON null means no body, which some operations accept. */
function isRefused(text: string, { required, texts }: BodySchema): boolean {
  // Python reads NaN and the infinities as numbers.
  if (/NaN|Infinity/.test(text)) return false
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return true
  }
  if (value === null) return false
  if (typeof value !== 'object' || Array.isArray(value)) return true
  const members = new Map<string, unknown>(Object.entries(value))
  return (
    !required.every((name) => members.has(name)) ||
    texts.some((name) => isNoText(members.get(name)))
  )
}

/** Some members may be null. */
function isNoText(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'string'
}
