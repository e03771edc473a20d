/** Serves `/sessions`: lists, creates, reads, renames, changes and deletes sessions. */

import { MODEL } from './cards.ts'
import { KINDS, type OsSpec } from './components.ts'
import { tokenCounts } from './events.ts'
import { readJson } from './forms.ts'
import { HttpError, type Reply } from './http.ts'
import { runEntry } from './outputs.ts'
import { page } from './page.ts'
import type { Call, Routes } from './router.ts'
import type { Session, SessionStore } from './sessions.ts'
import { isoSeconds, nowSeconds } from './time.ts'

/** The session routes. */
export function sessionRoutes(os: OsSpec, store: SessionStore): Routes {
  return {
    'GET /sessions': (call) => listSessions(store, call),
    'POST /sessions': (call) => createSession(os, store, call),
    'DELETE /sessions': async ({ request }) => {
      const { session_ids } = await readJson(request)
      for (const id of Array.isArray(session_ids) ? session_ids : []) store.delete(String(id))
      return { status: 204 }
    },
    'GET /sessions/{id}': (call) => ({ status: 200, body: detail(os, find(store, call)) }),
    'PATCH /sessions/{id}': (call) => changeSession(os, store, call),
    'DELETE /sessions/{id}': (call) => {
      store.delete(call.param('id'))
      return { status: 204 }
    },
    'POST /sessions/{id}/rename': (call) => changeSession(os, store, call),
    'GET /sessions/{id}/runs': (call) => {
      const connection = store.get(call.param('id'))
      if (connection) return { status: 200, body: connection.runs.map(runEntry) }
      throw new HttpError(404, `Session with ID ${call.param('id')} not found`)
    },
    'GET /sessions/{id}/runs/{run_id}': (call) => {
      const [id, runId] = [call.param('id'), call.param('run_id')]
      const run = store.get(id)?.runs.find((candidate) => candidate.id === runId)
      if (run) return { status: 200, body: runEntry(run) }
      throw new HttpError(404, `Run with ID ${runId} not found in session ${id}`)
    },
  }
}

function find(store: SessionStore, { param, query }: Call): Session {
  const kind = query.oneOf('type', KINDS)
  const userId = query.text('user_id')
  query.check()
  const connection = store.get(param('id'))
  const isSeen = userId === undefined || connection?.userId === userId
  if (connection && isSeen && (kind === undefined || connection.kind === kind)) return connection
  const what = kind ? `${kind.charAt(0).toUpperCase()}${kind.slice(1)} Session` : 'Session'
  throw new HttpError(404, `${what} with id '${param('id')}' not found`)
}

function listSessions(store: SessionStore, { query }: Call): Reply {
  const kind = query.oneOf('type', KINDS)
  const component = query.text('component_id')
  const user = query.text('user_id')
  const name = query.text('session_name')?.toLowerCase()
  const sessions = store.list().filter((connection) => {
    if (kind !== undefined && connection.kind !== kind) return false
    if (component !== undefined && connection.componentId !== component) return false
    if (user !== undefined && connection.userId !== user) return false
    return name === undefined || nameOf(connection).toLowerCase().includes(name)
  })
  return { status: 200, body: page(sessions.map(entry), query, 'created_at') }
}

async function createSession(os: OsSpec, store: SessionStore, call: Call): Promise<Reply> {
  const kind = call.query.oneOf('type', KINDS) ?? 'agent'
  call.query.check()
  const body = await readJson(call.request)
  const id = textIn(body, 'session_id')
  if (id !== undefined && store.get(id)) {
    const advice = `Use PATCH /sessions/${id} to update it.`
    throw new HttpError(409, `Session with id '${id}' already exists. ${advice}`)
  }
  const connection = store.create({
    ...(id !== undefined && { id }),
    kind,
    componentId: textIn(body, `${kind}_id`),
    userId: textIn(body, 'user_id'),
    name: textIn(body, 'session_name'),
    state: body['session_state'] ?? undefined,
    metadata: body['metadata'] ?? undefined,
  })
  return { status: 201, body: detail(os, connection) }
}

/** Changes only the fields that the client has sent. */
async function changeSession(os: OsSpec, store: SessionStore, call: Call): Promise<Reply> {
  const body = await readJson(call.request)
  const connection = find(store, call)
  const isRename = call.request.method === 'POST'
  const name = textIn(body, 'session_name')
  if (isRename && name === undefined) {
    const loc = ['body', 'session_name']
    throw new HttpError(422, [{ type: 'missing', loc, msg: 'Field required', input: body }])
  }
  connection.name = name ?? connection.name
  connection.state = body['session_state'] ?? connection.state
  connection.metadata = body['metadata'] ?? connection.metadata
  connection.updatedAt = nowSeconds()
  return { status: 200, body: detail(os, connection) }
}

function textIn(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name]
  return typeof value === 'string' ? value : undefined
}

/** Returns the session's name, or its first message. */
function nameOf(connection: Session): string {
  return connection.name ?? connection.runs[0]?.message ?? ''
}

/** Token counts of all runs of the session; `{}` before the first word. */
function sessionMetrics(connection: Session): Record<string, unknown> {
  const runs = connection.runs.filter((run) => run.inputTokens > 0)
  if (runs.length === 0) return {}
  const input = runs.reduce((sum, run) => sum + run.inputTokens, 0)
  const output = runs.reduce((sum, run) => sum + run.outputTokens, 0)
  const tokens = tokenCounts(input, output)
  return { ...tokens, details: { model: [{ ...tokens, id: MODEL.id, provider: MODEL.provider }] } }
}

/** AgentOS stores a session again when a run pauses or ends. */
function lastChange({ updatedAt, runs }: Session): number {
  return Math.max(updatedAt, ...runs.map(({ endedAt = 0 }) => Math.floor(endedAt / 1000)))
}

function common(connection: Session): Record<string, unknown> {
  return {
    user_id: connection.userId,
    session_id: connection.id,
    session_name: nameOf(connection),
    session_state: connection.state,
    [`${connection.kind}_id`]: connection.componentId,
    metadata: connection.metadata,
    created_at: isoSeconds(connection.createdAt),
    updated_at: isoSeconds(lastChange(connection)),
  }
}

/** Builds a list entry of a session. */
function entry(connection: Session): Record<string, unknown> {
  const metrics = sessionMetrics(connection)
  const { total_tokens } = metrics
  return { ...common(connection), session_type: connection.kind, metrics, total_tokens }
}

/** Builds the full description of a session. */
function detail(os: OsSpec, connection: Session): Record<string, unknown> {
  const { kind } = connection
  const component = os.components.find((known) => {
    return known.kind === kind && known.id === connection.componentId
  })
  if (kind === 'workflow') return { ...common(connection), workflow_name: component?.name }
  const metrics = sessionMetrics(connection)
  const model = { provider: MODEL.provider, id: MODEL.id, name: MODEL.class }
  const data = component && { name: component.name, [`${kind}_id`]: component.id, model }
  return {
    ...common(connection),
    ...(kind === 'agent' && { agent_session_id: connection.id }),
    total_tokens: metrics['total_tokens'],
    ...(connection.runs.length > 0 && { [`${kind}_data`]: data }),
    metrics,
    chat_history: connection.runs.flatMap((run) => {
      return run.messages.filter(({ role }) => role !== 'tool')
    }),
  }
}
