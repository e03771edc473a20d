/**
 * Serves `/sessions`: lists, reads, renames, changes and deletes sessions, and lists their runs.
 *
 * @see AgentOS `os/routers/session`
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isoSeconds, nowSeconds } from '../../src/compose/ids.ts'
import type { MemberOutput } from '../../src/compose/member.ts'
import { SINGULAR } from '../../src/compose/member.ts'
import { sumMetrics } from '../../src/compose/output.ts'
import type { SessionQuery, StoredRun, StoredSession } from '../../src/compose/store.ts'
import type { ComposerContext } from '../context.ts'
import { HttpError, missingField } from '../http-error.ts'
import { sessionRuns } from './session-run.ts'

type Query = Readonly<Record<string, string | undefined>>
type Request = FastifyRequest<{ Params: { id: string; run_id: string }; Querystring: Query }>
interface Route {
  Params: { id: string; run_id: string }
  Querystring: Query
}

const MOST_ON_A_PAGE = 1_000

/** Registers the routes. */
export function sessionRoutes(app: FastifyInstance, context: ComposerContext): void {
  const { store } = context
  const find = (request: Request) => findSession(context, request)

  app.get<Route>('/sessions', async ({ query }) => listSessions(context, query))
  app.delete<Route>('/sessions', async (request, reply) => {
    const { session_ids: ids } = jsonBody(request.body)
    store.deleteSessions(Array.isArray(ids) ? ids.map(String) : [])
    return reply.code(204).send()
  })
  app.get<Route>('/sessions/:id', async (request) => detail(context, find(request)))
  app.delete<Route>('/sessions/:id', async (request, reply) => {
    store.deleteSessions([request.params.id])
    return reply.code(204).send()
  })
  app.patch<Route>('/sessions/:id', async (request) => {
    return change(context, find(request), jsonBody(request.body))
  })
  app.post<Route>('/sessions/:id/rename', async (request) => {
    const body = jsonBody(request.body)
    if (typeof body['session_name'] !== 'string') throw missingField('session_name')
    return change(context, find(request), { session_name: body['session_name'] })
  })
  app.get<Route>('/sessions/:id/runs', async (request) => {
    const { status: wanted } = request.query
    const session = store.session(request.params.id)
    if (!session) throw new HttpError(404, `Session with ID ${request.params.id} not found`)
    return store
      .runsOf(session.sessionId)
      .filter(({ status }) => wanted === undefined || wanted === status)
      .flatMap((run) => sessionRuns(run, store))
  })
  app.get<Route>('/sessions/:id/runs/:run_id', async ({ params: { id, run_id } }) => {
    const run = store.run(run_id)
    if (run?.sessionId === id) return sessionRuns(run, store).at(-1)
    throw new HttpError(404, `Run with ID ${run_id} not found in session ${id}`)
  })
}

function findSession({ store }: ComposerContext, { params, query }: Request): StoredSession {
  const { type, user_id: userId } = query
  const session = store.session(params.id)
  const isMeant =
    session !== undefined &&
    (type === undefined || session.kind === `${type}s`) &&
    (userId === undefined || session.userId === userId)
  if (isMeant) return session
  const what = type ? `${type.charAt(0).toUpperCase()}${type.slice(1)} Session` : 'Session'
  throw new HttpError(404, `${what} with id '${params.id}' not found`)
}

function listSessions(context: ComposerContext, query: Query) {
  const limit = numberIn(query['limit'], 20, MOST_ON_A_PAGE)
  const page = numberIn(query['page'], 1, Number.MAX_SAFE_INTEGER)
  const began = performance.now()
  // A composition has no agents, so a query for agent sessions returns an empty list.
  const type = query['type']
  const wanted: SessionQuery = {
    kind: type === undefined ? undefined : (`${type}s` as SessionQuery['kind']),
    componentId: query['component_id'],
    userId: query['user_id'],
    name: query['session_name'],
    sortBy: query['sort_by'] === 'updated_at' ? 'updated_at' : 'created_at',
    isDescending: query['sort_order'] !== 'asc',
    limit,
    offset: (page - 1) * limit,
  }
  const { sessions, total } = context.store.sessions(wanted)
  return {
    data: sessions.map((session) => entry(context, session)),
    meta: {
      page,
      limit,
      total_pages: Math.ceil(total / limit),
      total_count: total,
      search_time_ms: performance.now() - began,
    },
  }
}

function numberIn(text: string | undefined, fallback: number, most: number): number {
  const value = Number(text ?? fallback)
  return Number.isInteger(value) && value >= 1 ? Math.min(value, most) : fallback
}

/** Builds a list entry of a session. */
function entry({ store }: ComposerContext, session: StoredSession) {
  const metrics = metricsOf(store.runsOf(session.sessionId))
  return {
    session_id: session.sessionId,
    session_name: nameOf(session, store.runsOf(session.sessionId)),
    session_state: session.state,
    created_at: isoSeconds(session.createdAt),
    updated_at: isoSeconds(session.updatedAt),
    session_type: session.kind.slice(0, -1),
    user_id: session.userId,
    [`${SINGULAR[session.kind]}_id`]: session.componentId,
    metrics,
    total_tokens: metrics['total_tokens'],
    metadata: {},
  }
}

/** Builds the full description of a session. */
function detail(context: ComposerContext, session: StoredSession) {
  const runs = context.store.runsOf(session.sessionId)
  const common = {
    user_id: session.userId,
    session_id: session.sessionId,
    session_name: nameOf(session, runs),
    session_state: session.state,
    created_at: isoSeconds(session.createdAt),
    updated_at: isoSeconds(session.updatedAt),
  }
  return session.kind === 'teams'
    ? { ...common, ...teamPart(context, session, runs) }
    : { ...common, ...workflowPart(context, session, runs) }
}

function workflowPart(
  { definitions }: ComposerContext,
  { componentId, state }: StoredSession,
  runs: readonly StoredRun[],
) {
  const { workflows, workflowConfigs } = definitions()
  const steps = workflowConfigs.get(componentId)?.steps
  return {
    workflow_id: componentId,
    session_data: { session_state: state, session_metrics: metricsOf(runs) },
    workflow_data: {
      workflow_id: componentId,
      name: workflows.get(componentId)?.name,
      steps: steps?.map(({ name, type }) => ({ name, description: null, type })),
    },
    metadata: {},
  }
}

function teamPart(
  { definitions }: ComposerContext,
  { componentId }: StoredSession,
  runs: readonly StoredRun[],
) {
  const team = definitions().teams.get(componentId)
  const metrics = metricsOf(runs)
  return {
    team_id: componentId,
    metrics,
    total_tokens: metrics['total_tokens'],
    team_data: {
      name: team?.name,
      team_id: componentId,
      model: team && { name: 'OpenAILike', provider: team.model.provider, id: team.model.id },
    },
    chat_history: runs.flatMap(({ input, output, createdAt }) => [
      { role: 'user', content: input, from_history: false, created_at: createdAt },
      { role: 'assistant', content: output?.content, from_history: false, created_at: createdAt },
    ]),
  }
}

function change(
  context: ComposerContext,
  session: StoredSession,
  { session_name: name, session_state: state }: Record<string, unknown>,
) {
  const isState = typeof state === 'object' && state !== null && !Array.isArray(state)
  const changed = {
    ...session,
    name: typeof name === 'string' ? name : session.name,
    state: isState ? (state as Record<string, unknown>) : session.state,
    updatedAt: nowSeconds(),
  }
  context.store.saveSession(changed)
  return detail(context, changed)
}

/** Returns the session's name, or its first input. */
function nameOf(session: StoredSession, runs: readonly StoredRun[]): string {
  return session.name ?? String(runs[0]?.input ?? '')
}

/** Sums the tokens of all leaders and members of all runs; members without metrics count 0. */
function metricsOf(runs: readonly StoredRun[]): Record<string, unknown> {
  const all = runs.flatMap(({ output, kind }) => {
    const key = kind === 'teams' ? 'member_responses' : 'step_executor_runs'
    const members = (output?.[key] ?? []) as MemberOutput[]
    const leader = kind === 'teams' && output ? [output] : []
    return [...leader, ...members].map(({ metrics }) => metrics)
  })
  const { duration: _, time_to_first_token: __, ...tokens } = sumMetrics(all) ?? {}
  return tokens
}

/** @throws {HttpError} 422 for any value but a JSON object */
function jsonBody(body: unknown): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '')
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // An unparsable body is refused below, like any value that is no object.
  }
  throw new HttpError(422, [
    { type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} },
  ])
}
