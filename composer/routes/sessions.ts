/**
 * Serves `/sessions`: lists, reads, renames, changes and deletes sessions, and lists their runs.
 *
 * @see AgentOS `os/routers/session`
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SINGULAR } from '../../config/component-kind.ts'
import { isoSeconds, nowSeconds } from '../../src/compose/ids.ts'
import type { MemberOutput } from '../../src/compose/member.ts'
import { sumMetrics } from '../../src/compose/output.ts'
import type { SessionQuery, StoredRun, StoredSession } from '../../src/compose/store.ts'
import { belongsTo } from '../access.ts'
import { callerOf } from '../caller.ts'
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

  app.get<Route>('/sessions', async (request) => listSessions(context, request))
  app.delete<Route>('/sessions', async (request, reply) => {
    const { session_ids: ids } = jsonBody(request.body)
    await deleteSessions(context, request, Array.isArray(ids) ? ids.map(String) : [])
    return reply.code(204).send()
  })
  app.get<Route>('/sessions/:id', async (request) => detail(context, await find(request)))
  app.delete<Route>('/sessions/:id', async (request, reply) => {
    await deleteSessions(context, request, [request.params.id])
    return reply.code(204).send()
  })
  app.patch<Route>('/sessions/:id', async (request) => {
    return change(context, request, jsonBody(request.body))
  })
  app.post<Route>('/sessions/:id/rename', async (request) => {
    const body = jsonBody(request.body)
    if (typeof body['session_name'] !== 'string') throw missingField('session_name')
    return change(context, request, { session_name: body['session_name'] })
  })
  app.get<Route>('/sessions/:id/runs', async (request) => {
    const { status: wanted } = request.query
    const { sessionId } = await ownSession(context, request)
    const runs = await store.runsOf(sessionId)
    const shown = runs.filter(({ status }) => wanted === undefined || wanted === status)
    return (await Promise.all(shown.map((run) => sessionRuns(run, store)))).flat()
  })
  app.get<Route>('/sessions/:id/runs/:run_id', async (request) => {
    const { id, run_id } = request.params
    const run = await store.run(run_id)
    if (run?.sessionId === id && belongsTo(run, context.userOf(request))) {
      return (await sessionRuns(run, store)).at(-1)
    }
    throw new HttpError(404, `Run with ID ${run_id} not found in session ${id}`)
  })
}

/** @throws {HttpError} 404 for an unknown session, and for one of another user */
async function ownSession(context: ComposerContext, request: Request): Promise<StoredSession> {
  const { id } = request.params
  const session = await context.store.session(id)
  if (session && belongsTo(session, context.userOf(request))) return session
  throw new HttpError(404, `Session with ID ${id} not found`)
}

async function findSession(context: ComposerContext, request: Request): Promise<StoredSession> {
  const { params, query } = request
  const { type, user_id: userId } = query
  const session = await context.store.session(params.id)
  const isMeant =
    session !== undefined &&
    belongsTo(session, context.userOf(request)) &&
    (type === undefined || session.kind === `${type}s`) &&
    belongsTo(session, userId)
  if (isMeant) return session
  const what = type === undefined ? 'Session' : `${type[0]?.toUpperCase()}${type.slice(1)} Session`
  throw new HttpError(404, `${what} with id '${params.id}' not found`)
}

/** Sessions of other users stay. Runs in progress are cancelled first, and the members' sessions go, too. */
async function deleteSessions(
  { store, runs, userOf, memberSessions }: ComposerContext,
  request: Request,
  ids: readonly string[],
): Promise<void> {
  const user = userOf(request)
  const sessions = await Promise.all(ids.map((id) => store.session(id)))
  const own = sessions.filter((session) => session !== undefined && belongsTo(session, user))
  for (const session of own) {
    if (session === undefined) continue
    for (const run of await store.runsOf(session.sessionId)) {
      if (run.status !== 'RUNNING') continue
      await runs.cancel(run.runId)
      // A member that ends later would store its session again.
      await runs.live(run.runId)?.ended
    }
    await memberSessions.delete(session, callerOf(request))
    await store.deleteSessions([session.sessionId])
  }
}

async function listSessions(context: ComposerContext, request: Request) {
  const { query } = request
  const limit = numberIn(query['limit'], 20, MOST_ON_A_PAGE)
  const page = numberIn(query['page'], 1, Number.MAX_SAFE_INTEGER)
  const began = performance.now()
  // No agent is composed: a query for their sessions finds nothing.
  const type = query['type']
  const wanted: SessionQuery = {
    kind: type === undefined ? undefined : (`${type}s` as SessionQuery['kind']),
    componentId: query['component_id'],
    userId: context.userOf(request) ?? query['user_id'],
    name: query['session_name'],
    sortBy: query['sort_by'] === 'updated_at' ? 'updated_at' : 'created_at',
    isDescending: query['sort_order'] !== 'asc',
    limit,
    offset: (page - 1) * limit,
  }
  const { sessions, total } = await context.store.sessions(wanted)
  return {
    data: await Promise.all(sessions.map((session) => entry(context, session))),
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
async function entry({ store }: ComposerContext, session: StoredSession) {
  const runs = await store.runsOf(session.sessionId)
  const metrics = metricsOf(runs)
  return {
    session_id: session.sessionId,
    session_name: nameOf(session, runs),
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
async function detail(context: ComposerContext, session: StoredSession) {
  const runs = await context.store.runsOf(session.sessionId)
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

async function change(
  context: ComposerContext,
  request: Request,
  { session_name: name, session_state: state }: Record<string, unknown>,
) {
  const session = await findSession(context, request)
  const isState = typeof state === 'object' && state !== null && !Array.isArray(state)
  const changed = {
    ...session,
    name: typeof name === 'string' ? name : session.name,
    state: isState ? (state as Record<string, unknown>) : session.state,
    updatedAt: nowSeconds(),
  }
  await context.store.saveSession(changed)
  if (typeof name === 'string') {
    await context.memberSessions.rename(session, callerOf(request), name)
  }
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
