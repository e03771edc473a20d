/**
 * Builds the frames that the gateway sends on AgentOS's workflow socket, and reads the heads of relayed ones. A frame is
 * JSON, or one whole server-sent event as text.
 *
 * @see AgentOS `WS /workflows/ws` (agno/os/router.py)
 */
import { OPEN_OBJECT } from '../json/punctuation.ts'
import type { Rename } from '../json/rename-json.ts'
import { renamedJson, renameJsonInTurns } from '../json/rename-json.ts'

/** The first frame on a socket. */
export function connectedFrame(requiresAuth: boolean): string {
  const message = requiresAuth
    ? 'Connected to AgentOS. Please authenticate to continue.'
    : 'Connected to AgentOS.'
  return JSON.stringify({ event: 'connected', message, requires_auth: requiresAuth })
}

/** @param scheme AgentOS's name of the credential */
export function authRequiredFrame(scheme: 'JWT' | 'bearer token'): string {
  const error = `Authentication required. Send authenticate action with valid ${scheme}.`
  return JSON.stringify({ event: 'auth_required', error })
}

export const AUTHENTICATED_FRAME = JSON.stringify({
  event: 'authenticated',
  message: 'Authentication successful. You can now send commands.',
})

/** Follows {@link AUTHENTICATED_FRAME} when the credential is a JWT. */
export function jwtAuthenticatedFrame(userId: string | undefined): string {
  const message = 'JWT authentication successful.'
  return JSON.stringify({ event: 'authenticated', message, user_id: userId ?? null })
}

/** @param extra further members, such as `error_type` */
export function authErrorFrame(error: string, extra: Record<string, string> = {}): string {
  return JSON.stringify({ event: 'auth_error', error, ...extra })
}

/** @param extra further members, such as `error_type` */
export function errorFrame(error: string, extra: Record<string, string> = {}): string {
  return JSON.stringify({ event: 'error', error, ...extra })
}

export const PONG_FRAME = JSON.stringify({ event: 'pong' })

/** The `authenticate` message for an upstream. */
export function authenticateFrame(token: string): string {
  return JSON.stringify({ action: 'authenticate', token })
}

/** The members of a frame that routing depends on. */
export interface FrameHead {
  readonly event: string
  /** The frame is JSON: a message of AgentOS, or an event of a subscribed run. */
  readonly isJson: boolean
  readonly runId: string | undefined
  /** The workflow run of an event that one of its agents sent. */
  readonly workflowRunId: string | undefined
  readonly workflowId: string | undefined
  /** An event of a workflow that runs as a step of another workflow. */
  readonly isNested: boolean
}

/** AgentOS writes the members with ids first. */
const HEAD_BYTES = 4096
const EVENT_PREFIX = 'event: '
const WORKFLOW_PREFIX = Buffer.from('Workflow')

/**
 * Reads the head of a frame when routing depends on it.
 *
 * @param isAll false reads only JSON frames and the start and end of workflow runs
 */
export function headOf(frame: Buffer, isAll: boolean): FrameHead | undefined {
  const isJson = frame[0] === OPEN_OBJECT
  const at = EVENT_PREFIX.length
  if (!isJson && !isAll) {
    const end = at + WORKFLOW_PREFIX.length
    if (frame.length < end || frame.compare(WORKFLOW_PREFIX, 0, undefined, at, end) !== 0)
      return undefined
  }
  const text = frame.toString('latin1', 0, HEAD_BYTES)
  const event = isJson ? member(text, EVENT) : /^event: (\w+)/.exec(text)?.[1]
  if (event === undefined) return undefined
  return {
    event,
    isJson,
    runId: member(text, RUN_ID),
    workflowRunId: member(text, WORKFLOW_RUN_ID),
    workflowId: member(text, WORKFLOW_ID),
    isNested: /"nested_depth"\s*:\s*[1-9]/.test(text),
  }
}

// JSON escapes quotes inside strings, so these patterns cannot match inside one.
const EVENT = /"event"\s*:\s*"(\w{1,128})"/
const RUN_ID = /"run_id"\s*:\s*"([^"\\]{1,128})"/
const WORKFLOW_RUN_ID = /"workflow_run_id"\s*:\s*"([^"\\]{1,128})"/
const WORKFLOW_ID = /"workflow_id"\s*:\s*"([^"\\]{1,256})"/

function member(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[1]
}

/** A longer frame is searched in turns. */
const SHORT_BYTES = 128 * 1024

/**
 * Replaces the upstream's workflow ids by the caller's in a frame.
 *
 * @param ids the caller's, by the upstream's
 * @returns a promise for a frame of more than 128 KiB
 */
export function withWorkflowIds(
  frame: Buffer,
  ids: ReadonlyMap<string, string>,
): Buffer | Promise<Buffer> {
  if (![...ids.keys()].some((id) => frame.includes(id))) return frame
  const rename: Rename = (key, value) => (key === 'workflow_id' ? ids.get(value) : undefined)
  const start = frame.indexOf('{')
  const end = frame.lastIndexOf('}') + 1
  const json = frame.subarray(start, end)
  const around = (named: Buffer) =>
    named === json ? frame : Buffer.concat([frame.subarray(0, start), named, frame.subarray(end)])
  return frame.length > SHORT_BYTES
    ? renameJsonInTurns(json, rename).then(around)
    : around(renamedJson(json, rename))
}
