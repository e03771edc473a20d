/** Reads the stored runs of a session from its AgentOS: their inputs, outputs and open calls. */
import type { ComponentKind } from '../../config/types.ts'
import { AgentOSError } from '../client/agentos-error.ts'
import { GatewayError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import { percentEncoded } from '../parameters/path.ts'
import type { Pause } from './pause.ts'
import { pauseIn } from './pause.ts'
import { textOf } from './run-result.ts'

/** Fetches JSON from a component's AgentOS by a path below the component. Undefined: 404. */
export type Ask = (path: string) => Promise<unknown>

/** A run of the component itself in a session. */
export interface StoredRun {
  readonly runId: string
  /** `COMPLETED`, `PAUSED`, `RUNNING` … */
  readonly status: string
  readonly input: string
}

/** A complete run as AgentOS answers it. */
export type StoredOutput = Readonly<Record<string, unknown>>

/**
 * The runs of a session in order, without member runs and without runs that were regenerated.
 *
 * @returns `none` when the session does not exist; undefined when the caller may not read it or its AgentOS fails to
 *   answer
 */
export async function sessionRuns(
  ask: Ask,
  sessionId: string,
): Promise<readonly StoredRun[] | 'none' | undefined> {
  const path = `/runs?session_id=${percentEncoded(sessionId)}`
  const answer = await ask(path).catch(unlessRefused)
  if (answer === undefined) return 'none'
  if (!Array.isArray(answer)) return undefined
  return answer.filter(isObject).flatMap((run) => {
    const { run_id: runId, status } = run
    const isOwn = typeof runId === 'string' && !run['parent_run_id'] && status !== 'REGENERATED'
    return isOwn
      ? [{ runId, status: textOf(status).toUpperCase(), input: textOf(run['run_input']) }]
      : []
  })
}

/** When an AgentOS refuses to list runs, the session itself has to remember the conversation. */
function unlessRefused(error: unknown): null {
  if (error instanceof AgentOSError && error.status < 500) return null
  throw error
}

/** @throws {GatewayError} `AGW_NOT_FOUND` */
export async function storedRun(ask: Ask, runId: string, sessionId: string): Promise<StoredOutput> {
  const run = await ask(`/runs/${percentEncoded(runId)}?session_id=${percentEncoded(sessionId)}`)
  if (isObject(run)) return run
  throw new GatewayError('AGW_NOT_FOUND', { detail: 'Run not found' })
}

/**
 * Reads the open calls of a run.
 *
 * @throws {GatewayError} `AGW_NOT_FOUND`; `AGW_RUN_NOT_PAUSED` when the run does not wait, or no longer waits
 */
export async function pausedRun(
  ask: Ask,
  kind: ComponentKind,
  runId: string,
  sessionId: string,
): Promise<Pause> {
  const run = await storedRun(ask, runId, sessionId)
  const status = textOf(run['status']).toUpperCase()
  const pause = pauseIn(kind, run, { runId, sessionId })
  if (status === 'PAUSED' && pause.calls.length > 0) return pause
  const detail = `The run does not wait for an answer: its status is ${status}`
  throw new GatewayError('AGW_RUN_NOT_PAUSED', { detail })
}

export function isPaused({ status }: StoredRun): boolean {
  return status === 'PAUSED'
}
