/** Builds the members of lines about requests. Names of callers and ids are cut to a length; no content is read. */
import type { Caller } from '../auth/caller.ts'
import { boundedText } from '../limits/bounded-text.ts'
import { valueIn } from '../relay/body-fields.ts'
import { runRouteOf } from '../relay/sticky-replica.ts'
import type { RequestContext } from '../request-context.ts'
import type { RequestSummary } from '../request-summary.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { tokensIn } from '../usage/run-tokens.ts'
import { runEndIn } from './run-end.ts'
import { whoIs } from './who.ts'

/** Longest ids and paths, in UTF-16 code units. */
const MOST_ID = 256
const MOST_PATH = 512
/** Most scopes of one line. */
const MOST_SCOPES = 20

/** The parts of a request that its lines name. */
export interface AuditedRequest {
  readonly id: string
  readonly ip: string
  readonly caller: Caller | undefined
  readonly context: RequestContext
}

/** Members that name the caller and its rights. @param scopes scopes of the token that allow it; undefined where none are enforced */
export function requestMembers(
  { id, ip, caller, context }: AuditedRequest,
  scopes: readonly string[] | undefined,
) {
  return {
    request_id: boundedText(id, MOST_ID),
    trace_id: context.trace?.traceId,
    ...whoIs(caller, boundedText(ip, MOST_ID)),
    scopes: scopes?.slice(0, MOST_SCOPES).map((scope) => boundedText(scope, MOST_ID)),
    face: context.face,
    upstream: context.upstream,
    component: context.component && boundedText(context.component, MOST_ID),
  }
}

/** A request that is sent. */
interface SentRequest {
  readonly method: string
  readonly path: string
  readonly upstream?: Upstream
  readonly body?: unknown
  readonly contentType?: string | undefined
}

/** Members of the request: the method and path as sent, without the query, and the ids of run and session. */
export function sentMembers({ method, path, upstream, body, contentType }: SentRequest) {
  const [plain = ''] = path.split('?', 1)
  const route = runRouteOf(plain)
  const field = (name: string) => {
    const value = Buffer.isBuffer(body) ? valueIn(body, contentType, name) : undefined
    return value && boundedText(value, MOST_ID)
  }
  return {
    method: boundedText(method, 16),
    path: boundedText(plain, MOST_PATH),
    action: route && method !== 'GET' ? (route.action ?? 'start') : undefined,
    run_id: route?.runId && boundedText(route.runId, MOST_ID),
    session_id: field('session_id'),
    user_id: field('user_id'),
    credentials: upstream?.config.credentials.kind,
  }
}

/** How a request ended. */
export async function endMembers(context: RequestContext, summary: RequestSummary) {
  const { outcome, sessionId } = context
  const { status, upstream, component, runId, error, durationMs, bytes } = summary
  const tail = outcome?.tail?.bytes
  const isEventStream = outcome?.isEventStream ?? false
  const { status: runStatus, pending } = await runEndIn(tail, isEventStream)
  const tokens = tail && tokensIn(tail, isEventStream)
  return {
    status,
    error,
    upstream,
    component: component && boundedText(component, MOST_ID),
    run_id: runId,
    session_id: sessionId && boundedText(sessionId, MOST_ID),
    run_status: runStatus,
    pending: pending?.calls,
    unread_sha256: pending?.unread_sha256,
    tokens,
    bytes,
    duration_ms: durationMs,
  }
}
