/**
 * Serves `POST /{kind}/{id}/runs` and the routes below it.
 *
 * @see AgentOS `os/routers/workflows/router.py`
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SINGULAR } from '../../config/component-kind.ts'
import type { StoredRun } from '../../src/compose/store.ts'
import { belongsTo, isRunOf } from '../access.ts'
import { callerOf } from '../caller.ts'
import type { ComposerContext } from '../context.ts'
import { eventText, onGone, sendEvents } from '../event-stream.ts'
import type { RunForm } from '../form.ts'
import { readForm } from '../form.ts'
import { HttpError } from '../http-error.ts'
import { answersIn, startRequest } from '../run-form.ts'
import type { LiveRun } from '../runs.ts'
import { resumeEvents } from './resume.ts'

type Params = { readonly id: string; readonly run_id: string }
type Query = Readonly<Record<string, string | undefined>>
type Request = FastifyRequest<{ Params: Params; Querystring: Query }>
interface Route {
  Params: Params
  Querystring: Query
}

/** Registers the run routes of one kind. */
export function runRoutes(
  app: FastifyInstance,
  kind: 'teams' | 'workflows',
  context: ComposerContext,
): void {
  const path = `/${kind}/:id/runs`
  const { runs, store } = context
  const find = (request: Request) => context.component(kind, request.params.id)

  app.post<Route>(path, async (request, reply) => {
    const form = await formOf(request)
    const live = await context.start(startRequest(context, form, find(request), callerOf(request)))
    return answerRun(live, form, reply)
  })

  app.get<Route>(path, async (request) => {
    const { id } = find(request)
    const { session_id: sessionId, status } = request.query
    const session = await store.session(required(sessionId, 'session_id'))
    if (session?.componentId !== id || !belongsTo(session, context.userOf(request))) {
      throw new HttpError(404, 'Session not found')
    }
    // A session that members share has runs of other components, too.
    const all = await store.runsOf(session.sessionId)
    const own = all.filter((run) => isRunOf(run, { kind, componentId: id }))
    return own.filter((run) => status === undefined || run.status === status).map(outputOf)
  })

  app.get<Route>(`${path}/:run_id`, async (request) => {
    const sessionId = required(request.query['session_id'], 'session_id')
    const run = await context.ownRun(request.params.run_id, find(request), callerOf(request))
    if (run.sessionId !== sessionId) throw new HttpError(404, 'Run not found')
    return run.isBackground
      ? { ...outputOf(run), events: await store.events(run.runId, -1) }
      : outputOf(run)
  })

  // An unknown run is cancelled, too, as in AgentOS.
  app.post<Route>(`${path}/:run_id/cancel`, async (request) => {
    const component = find(request)
    const run = await store.run(request.params.run_id)
    if (run === undefined || !belongsTo(run, context.userOf(request))) return {}
    if (!isRunOf(run, { kind, componentId: component.id })) return {}
    if (run.status === 'PAUSED') await runs.cancelPaused(run, component, callerOf(request))
    else await runs.cancel(run.runId)
    return {}
  })

  app.post<Route>(`${path}/:run_id/resume`, async (request, reply) => {
    const { id: componentId } = find(request)
    const form = await formOf(request)
    const last = form.integer('last_event_index') ?? -1
    const { run_id: runId } = request.params
    const user = context.userOf(request)
    await sendEvents(reply, async function* (signal) {
      const resuming = { runs, store, kind, componentId, runId, last, signal, user }
      for await (const event of resumeEvents(resuming)) yield eventText(event)
    })
    return reply
  })

  app.post<Route>(`${path}/:run_id/continue`, async (request, reply) => {
    const form = await formOf(request)
    const component = find(request)
    const run = await context.ownRun(request.params.run_id, component, callerOf(request))
    const answers = answersIn(form, kind)
    const isStream = form.flag('stream', true)
    const caller = callerOf(request)
    const live = await context.continue(run, component, { answers, caller, isStream })
    return answerRun(live, form, reply)
  })
}

function formOf({ body, headers }: Request): Promise<RunForm> {
  return readForm(body, headers['content-type'])
}

async function answerRun(live: LiveRun, form: RunForm, reply: FastifyReply): Promise<unknown> {
  if (form.flag('stream', true)) {
    await sendEvents(reply, async function* (signal) {
      for await (const event of live.follow(live.first, signal)) yield eventText(event)
    })
    return reply
  }
  if (form.flag('background', false)) {
    const { runId, sessionId } = live
    return reply.code(202).send({ run_id: runId, session_id: sessionId, status: 'PENDING' })
  }
  // A foreground run has one reader: when the caller disconnects, the run stops.
  onGone(reply.raw, () => live.leave())
  return await live.ended
}

/** Returns a run in the form of `GET …/runs/{run_id}`: without empty lists. */
function outputOf(run: StoredRun): Record<string, unknown> {
  if (run.output === undefined) {
    const { runId, sessionId, status, input, createdAt } = run
    return {
      input,
      [`${SINGULAR[run.kind]}_id`]: run.componentId,
      run_id: runId,
      session_id: sessionId,
      created_at: createdAt,
      status,
    }
  }
  const entries = Object.entries(run.output)
  return Object.fromEntries(entries.filter(([, value]) => !isEmptyList(value)))
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value
  throw new HttpError(422, [
    { type: 'missing', loc: ['query', name], msg: 'Field required', input: null },
  ])
}
