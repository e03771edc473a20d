/**
 * Ids of A2A tasks. A task is a run of an AgentOS, which is found only together with its session. So the gateway chooses
 * the run's id, and the id names the session; no gateway has to remember it.
 */
import { randomBytes } from 'node:crypto'
import type { Message } from '../../a2a/wire.ts'
import { decodeToken, encodeToken } from '../token.ts'

/** A run and its session. */
export interface TaskReference {
  readonly runId: string
  readonly sessionId: string
}

/** Ids of a task, and the message that began or continued it. */
export interface TaskFrame {
  readonly taskId: string
  readonly contextId: string
  /** The run that was asked for. */
  readonly runId: string
  readonly history: readonly Message[]
}

/** Session ids that are part of a path unchanged, such as UUIDs. */
const PLAIN = /^[\w-]{1,200}$/
const RUN = /^(?:([\w-]{1,200})|~([\w-]{1,1000}))\.[\w-]{1,40}$/

/** Id of a new run: the session, a dot, and 96 random bits. */
export function newRunId(sessionId: string): string {
  const session = PLAIN.test(sessionId) ? sessionId : `~${encoded(sessionId)}`
  return `${session}.${randomBytes(12).toString('base64url')}`
}

/** Id of the task for a run: the run's id where it names the session, else a token of both. */
export function taskIdOf({ runId, sessionId }: TaskReference): string {
  return sessionIn(runId) === sessionId ? runId : encodeToken([sessionId, runId])
}

/**
 * The run of a task. It grants no access: scopes and the AgentOS decide about that.
 *
 * @param sessionId session that the request names beside the task; used for run ids of other origin
 * @returns undefined for an id that names no session
 */
export function taskReference(taskId: string, sessionId?: string): TaskReference | undefined {
  const named = sessionIn(taskId)
  if (named !== undefined) return { runId: taskId, sessionId: named }
  const [session, runId] = decodeToken(taskId, 2) ?? []
  if (session !== undefined && runId !== undefined) return { runId, sessionId: session }
  return sessionId === undefined ? undefined : { runId: taskId, sessionId }
}

function sessionIn(runId: string): string | undefined {
  const [, plain, text] = RUN.exec(runId) ?? []
  if (plain !== undefined || text === undefined) return plain
  const session = Buffer.from(text, 'base64url').toString('utf8')
  return encoded(session) === text ? session : undefined
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}
