/**
 * Serves `POST /{kind}/{id}/runs` and the routes below it.
 *
 * @see AgentOS `os/routers/workflows/router.py`
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ComposedComponent } from '../../src/compose/composed-component.ts'
import { SINGULAR } from '../../src/compose/member.ts'
import type { StoredRun } from '../../src/compose/store.ts'
import { callerOf } from '../caller.ts'
import type { ComposerContext } from '../context.ts'
import { eventText, sendEvents } from '../event-stream.ts'
import type { RunForm } from '../form.ts'
import { readForm } from '../form.ts'
import { HttpError } from '../http-error.ts'
import type { LiveRun, RunRequest } from '../runs.ts'
import { resumeEvents } from './resume.ts'

type Params = { readonly id: string; readonly run_id: string }
type Query = Readonly<Record<string, string | undefined>>
type Request = FastifyRequest<{ Params: Params; Querystring: Query }>

/** Registers the run routes of one kind. */
export function runRoutes(
  app: FastifyInstance,
  kind: 'teams' | 'workflows',
  { runs, store, component }: ComposerContext,
): void {
  const path = `/${kind}/:id/runs`
  const find = (request: Request) => component(kind, request.params.id)

  app.post<{ Params: Params; Querystring: Query }>(path, async (request, reply) => {
    const form = await readForm(request.body, request.headers['content-type'])
    const live = runs.start(runRequest(form, find(request), request, store.run.bind(store)))
    return answerRun(live, form, reply)
  })

  app.get<{ Params: Params; Querystring: Query }>(path, async (request) => {
    const { id } = find(request)
    const { session_id: sessionId, status } = request.query
    const session = store.session(required(sessionId, 'session_id'))
    if (session?.componentId !== id) throw new HttpError(404, 'Session not found')
    return store
      .runsOf(session.sessionId)
      .filter((run) => status === undefined || run.status === status)
      .map(outputOf)
  })

  app.get<{ Params: Params; Querystring: Query }>(`${path}/:run_id`, async (request) => {
    const { id } = find(request)
    const run = store.run(request.params.run_id)
    const sessionId = required(request.query['session_id'], 'session_id')
    if (run?.componentId !== id || run.sessionId !== sessionId) {
      throw new HttpError(404, 'Run not found')
    }
    return run.isBackground
      ? { ...outputOf(run), events: store.events(run.runId, -1) }
      : outputOf(run)
  })

  app.post<{ Params: Params; Querystring: Query }>(`${path}/:run_id/cancel`, async (request) => {
    find(request)
    runs.cancel(request.params.run_id)
    return {}
  })

  app.post<{ Params: Params; Querystring: Query }>(
    `${path}/:run_id/resume`,
    async (request, reply) => {
      find(request)
      const form = await readForm(request.body, request.headers['content-type'])
      const last = form.integer('last_event_index') ?? -1
      const { run_id: runId } = request.params
      await sendEvents(reply, (signal) => resumeEvents({ runs, store, kind, runId, last, signal }))
      return reply
    },
  )
}

/** @throws {HttpError} when the form is not valid for the component */
function runRequest(
  form: RunForm,
  component: ComposedComponent,
  request: Request,
  stored: (runId: string) => StoredRun | undefined,
): RunRequest {
  const input = form.required('message')
  const caller = callerOf(request)
  if (caller.isTooDeep) throw new HttpError(508, 'The run went through too many compositions')
  const runId = form.text('run_id')
  if (runId !== undefined && stored(runId)) throw new HttpError(409, `Run ${runId} exists already`)
  return {
    component,
    input,
    runId,
    sessionId: form.text('session_id'),
    userId: caller.subject ?? form.text('user_id'),
    sessionState: form.object('session_state'),
    additionalData: form.object('additional_data'),
    isStream: form.flag('stream', true),
    isBackground: form.flag('background', false),
    caller,
  }
}

async function answerRun(live: LiveRun, form: RunForm, reply: FastifyReply): Promise<unknown> {
  if (form.flag('stream', true)) {
    await sendEvents(reply, async function* (signal) {
      for await (const event of live.follow(0, signal)) yield eventText(event)
    })
    return reply
  }
  if (form.flag('background', false)) {
    const { runId, sessionId } = live
    return reply.code(202).send({ run_id: runId, session_id: sessionId, status: 'PENDING' })
  }
  // A foreground run has one reader: when the caller disconnects, the run stops.
  reply.raw.once('close', () => live.stop('disconnected'))
  return await live.ended
}

/** Converts a run to the form of `GET …/runs/{run_id}`: without empty media lists. */
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
