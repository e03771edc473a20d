/**
 * Frames of AgentOS's workflow socket: those the gateway says itself, and what it has to see in those it relays. A frame is
 * JSON, or one whole server-sent event as text.
 *
 * @see AgentOS `WS /workflows/ws` (agno/os/router.py)
 */
import { renameJson } from '../json/rename-json.ts'

/** The first frame on a socket. */
export function connectedFrame(requiresAuth: boolean): string {
  const message = requiresAuth
    ? 'Connected to AgentOS. Please authenticate to continue.'
    : 'Connected to AgentOS.'
  return JSON.stringify({ event: 'connected', message, requires_auth: requiresAuth })
}

/** @param scheme what AgentOS calls the credential it wants */
export function authRequiredFrame(scheme: 'JWT' | 'bearer token'): string {
  const error = `Authentication required. Send authenticate action with valid ${scheme}.`
  return JSON.stringify({ event: 'auth_required', error })
}

export const AUTHENTICATED_FRAME = JSON.stringify({
  event: 'authenticated',
  message: 'Authentication successful. You can now send commands.',
})

/** Follows {@link AUTHENTICATED_FRAME} where the credential is a JWT. */
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

/** A client's `authenticate`, as sent on to an upstream. */
export function authenticateFrame(token: string): string {
  return JSON.stringify({ action: 'authenticate', token })
}

/** What the head of an upstream's frame says. */
export interface FrameHead {
  readonly event: string
  /** The frame is JSON: AgentOS's own word on the socket, or an event of a run that was subscribed to. */
  readonly isJson: boolean
  readonly runId: string | undefined
  /** The workflow run that an event of one of its agents belongs to. */
  readonly workflowRunId: string | undefined
  readonly workflowId: string | undefined
  /** An event of a workflow that runs as a step of another. */
  readonly isNested: boolean
}

/** The naming members stand among the first of an event. */
const HEAD_BYTES = 4096
const OPENING_BRACE = 0x7b
const EVENT_PREFIX = 'event: '
const WORKFLOW_PREFIX = Buffer.from('Workflow')

/**
 * Reads the head of a frame, if anything depends on it.
 *
 * @param isAll false looks only at JSON and at the beginning and end of workflow runs: the others are passed without
 *   anything being made of them
 */
export function headOf(frame: Buffer, isAll: boolean): FrameHead | undefined {
  const isJson = frame[0] === OPENING_BRACE
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

// A quote inside a JSON string is escaped, so none of these can match in the middle of one.
const EVENT = /"event"\s*:\s*"(\w{1,128})"/
const RUN_ID = /"run_id"\s*:\s*"([^"\\]{1,128})"/
const WORKFLOW_RUN_ID = /"workflow_run_id"\s*:\s*"([^"\\]{1,128})"/
const WORKFLOW_ID = /"workflow_id"\s*:\s*"([^"\\]{1,256})"/

function member(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[1]
}

/** The frame with an upstream's workflow id replaced by the one callers use, wherever it is named. */
export function withWorkflowId(frame: Buffer, upstreamId: string, id: string): Buffer {
  if (!frame.includes(upstreamId)) return frame
  const text = frame.toString('utf8')
  const start = text.indexOf('{')
  const end = text.lastIndexOf('}') + 1
  const json = text.slice(start, end)
  const named = renameJson(json, (key, value) =>
    key === 'workflow_id' && value === upstreamId ? id : undefined,
  )
  if (named === json) return frame
  return Buffer.from(text.slice(0, start) + named + text.slice(end))
}
