/** Serves `POST /agents/{id}/runs` and the routes below it, also for teams and workflows. */
import { randomUUID } from 'node:crypto'
import { findComponent } from './cards.ts'
import type { Kind, OsSpec } from './components.ts'
import { eventMaker, formatEvent } from './events.ts'
import { type Form, readForm } from './forms.ts'
import { HttpError, type Reply } from './http.ts'
import { runEntry, runOutput } from './outputs.ts'
import { play } from './play.ts'
import { resumeEvents } from './resume.ts'
import type { Call, Routes } from './router.ts'
import { Run } from './run.ts'
import type { SessionStore } from './sessions.ts'
import { decide } from './tools.ts'

/** Form field with a person's decisions, by kind. */
const DECISIONS = {
  agent: 'tools',
  team: 'requirements',
  workflow: 'step_requirements',
} as const

/** The run routes of one kind of component. */
export function runRoutes(os: OsSpec, kind: Kind, store: SessionStore): Routes {
  const path = `/${kind}s/{id}/runs`
  return {
    [`POST ${path}`]: async (call) =>
      createRun(os, kind, store, call, await readForm(call.request)),
    [`GET ${path}`]: (call) => listRuns(os, kind, store, call),
    [`GET ${path}/{run_id}`]: (call) => getRun(os, kind, store, call),
    [`POST ${path}/{run_id}/cancel`]: (call) => {
      findComponent(os, kind, call.param('id'))
      store.run(call.param('run_id'))?.cancel()
      return { status: 200, body: {} }
    },
    [`POST ${path}/{run_id}/continue`]: async (call) => {
      return continueRun(os, kind, store, call, await readForm(call.request))
    },
    [`POST ${path}/{run_id}/resume`]: async (call) => {
      const { fields } = await readForm(call.request)
      const last = fields.integer('last_event_index', -1)
      fields.check()
      findComponent(os, kind, call.param('id'))
      const run = store.run(call.param('run_id'))
      const inSession = run !== undefined && run.sessionId === fields.text('session_id')
      return { events: resumeEvents(kind, call.param('run_id'), run, last, inSession) }
    },
  }
}

async function createRun(
  os: OsSpec,
  kind: Kind,
  store: SessionStore,
  call: Call,
  { fields, filesSupported }: Form,
): Promise<Reply> {
  const message = fields.required('message')
  const stream = fields.flag('stream', true)
  const background = fields.flag('background', false)
  fields.check()
  const component = findComponent(os, kind, call.param('id'))
  if (!filesSupported) throw new HttpError(400, 'Unsupported file type')
  const sessionId = fields.text('session_id') ?? randomUUID()
  const userId = fields.text('user_id')
  const run = store.addRun(component, { message, sessionId, userId, background })
  const ended = play(run)
  if (stream) return streamRun(run, background)
  if (background) {
    return { status: 202, body: { run_id: run.id, session_id: sessionId, status: 'PENDING' } }
  }
  await ended
  return { status: 200, body: runOutput(run) }
}

/** Streams the current part of the run; a foreground run is cancelled when its client disconnects. */
function streamRun(run: Run, background: boolean): Reply {
  const events = liveEvents(run)
  return background ? { events } : { events, onDisconnect: () => run.cancel() }
}

async function* liveEvents(run: Run): AsyncGenerator<string> {
  for await (const [index, event] of run.log.follow()) {
    yield formatEvent(event, run.isIndexed ? index : undefined)
  }
}

async function continueRun(
  os: OsSpec,
  kind: Kind,
  store: SessionStore,
  call: Call,
  { fields }: Form,
): Promise<Reply> {
  const stream = fields.flag('stream', true)
  const background = fields.flag('background', false)
  fields.check()
  const decisions = parseDecisions(DECISIONS[kind], fields.text(DECISIONS[kind]))
  const component = findComponent(os, kind, call.param('id'))
  const sessionId = fields.text('session_id')
  if (sessionId === undefined) throw new HttpError(400, 'session_id is required for this action')
  const run = store.run(call.param('run_id'))
  try {
    if (run === undefined || run.sessionId !== sessionId) {
      throw new HttpError(404, `No runs found for run ID ${call.param('run_id')}`)
    }
    if (run.status !== 'PAUSED' || run.requirement === undefined) {
      throw new HttpError(409, `Cannot continue run ${run.id}: run is ${run.status.toLowerCase()}`)
    }
    decide(run.requirement, decisions)
    run.reopen()
    const ended = play(run, true)
    if (stream) return streamRun(run, background)
    await ended
    return { status: 200, body: runOutput(run, { withEvents: true }) }
  } catch (error) {
    // A stream has sent its status 200 before AgentOS looks up the run, so the error is an event.
    if (!(error instanceof HttpError && stream)) throw error
    const input = { message: '', sessionId, background: false }
    const make = eventMaker(run ?? new Run(component, input))
    return { events: single(formatEvent(make('RunError', { content: error.message }))) }
  }
}

function parseDecisions(name: string, json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json)
  } catch {
    throw new HttpError(400, `Invalid JSON in ${name} field`)
  }
}

async function* single(event: string): AsyncGenerator<string> {
  yield event
}

function listRuns(os: OsSpec, kind: Kind, store: SessionStore, { param, query }: Call): Reply {
  const connection = store.get(query.required('session_id'))
  const status = query.text('status')
  query.check()
  const { id } = findComponent(os, kind, param('id'))
  if (connection?.kind !== kind || connection.componentId !== id) {
    throw new HttpError(404, 'Session not found')
  }
  const runs = connection.runs.filter((run) => {
    return run.component.id === id && (status === undefined || run.status === status)
  })
  return { status: 200, body: runs.map(runEntry) }
}

function getRun(os: OsSpec, kind: Kind, store: SessionStore, { param, query }: Call): Reply {
  const sessionId = query.required('session_id')
  query.check()
  const component = findComponent(os, kind, param('id'))
  const run = store.run(param('run_id'))
  if (run?.sessionId !== sessionId || run.component !== component) {
    throw new HttpError(404, 'Run not found')
  }
  return { status: 200, body: runOutput(run, { withEvents: true }) }
}
