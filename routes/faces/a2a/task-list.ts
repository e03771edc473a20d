/** Serves `tasks/list`: the runs of one session, or of the sessions that were used last. */
import type { FastifyReply } from 'fastify'
import type { Task } from '../../../src/a2a/wire.ts'
import { AgentOSError } from '../../../src/client/agentos-error.ts'
import type { Operation } from '../../../src/face/a2a/operation.ts'
import { taskOfStored } from '../../../src/face/a2a/task.ts'
import { pageOf, sessionIdsIn, taskQuery } from '../../../src/face/a2a/task-query.ts'
import type { Wire } from '../../../src/face/a2a/wire.ts'
import { textOf } from '../../../src/face/run-result.ts'
import { isObject } from '../../../src/json/is-object.ts'
import { percentEncoded } from '../../../src/parameters/path.ts'
import type { BaseRemote } from '../../../src/remote/base-remote.ts'
import { Turn } from '../../../src/turns.ts'
import type { FaceCall } from '../face-call.ts'
import { databaseOf } from './database.ts'
import type { Target } from './read.ts'
import { sendResult } from './send-result.ts'

/** Sessions whose runs are read for a list without `contextId`. AgentOS lists runs by session only. */
const MAX_SESSIONS = 50
/** Requests to the AgentOS at the same time. */
const PARALLEL = 4

export async function listTasks(
  call: FaceCall,
  target: Target,
  { params, wire }: Operation,
): Promise<FastifyReply> {
  const query = taskQuery(params, wire)
  const remote = await call.admit(target, '/runs', 'GET')
  const { contextId } = query
  const sessionIds = contextId === undefined ? await lastSessions(call, remote) : [contextId]
  const tasks: Task[] = []
  for (let at = 0; at < sessionIds.length; at += PARALLEL) {
    const some = sessionIds.slice(at, at + PARALLEL)
    const found = await Promise.all(some.map((id) => tasksOf(call, remote, id, wire)))
    tasks.push(...found.flat())
  }
  return sendResult(call, wire, pageOf(wire, query, tasks))
}

/** @throws {GatewayError} `AGW_FORBIDDEN` for a caller who may not read sessions */
async function lastSessions(call: FaceCall, remote: BaseRemote): Promise<string[]> {
  const { kind, upstreamId } = remote
  const database = await databaseOf(call, remote)
  if (database === undefined) return []
  const { access, claims } = call.request.caller
  const query = new URLSearchParams({
    type: kind.slice(0, -1),
    component_id: upstreamId,
    db_id: database,
    limit: String(MAX_SESSIONS),
    sort_by: 'updated_at',
    sort_order: 'desc',
  })
  if (claims?.sub !== undefined && !access?.isAdmin) query.set('user_id', claims.sub)
  return sessionIdsIn(await call.askUpstream(remote, `/sessions?${query}`))
}

async function tasksOf(
  call: FaceCall,
  remote: BaseRemote,
  sessionId: string,
  wire: Wire,
): Promise<Task[]> {
  const path = `/runs?session_id=${percentEncoded(sessionId)}`
  const runs = await call.ask(remote, { path }).catch(unlessRefused)
  const { kind } = remote
  const tasks: Task[] = []
  const turn = new Turn()
  for (const run of Array.isArray(runs) ? runs.filter(isOwnRun) : []) {
    const reference = { runId: String(run['run_id']), sessionId }
    tasks.push(await taskOfStored(wire, run, { kind, reference }))
    await turn.rest()
  }
  return tasks
}

/** Another user's session is one without tasks. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof AgentOSError && error.status < 500) return undefined
  throw error
}

function isOwnRun(run: unknown): run is Readonly<Record<string, unknown>> {
  if (!isObject(run) || typeof run['run_id'] !== 'string' || run['parent_run_id']) return false
  return textOf(run['status']).toUpperCase() !== 'REGENERATED'
}
