/** Chooses the replica that holds a run or session, and learns from responses which replica holds which. */
import type { Readable } from 'node:stream'
import type { Affinity } from '../upstream/affinity.ts'
import type { ResponseHead } from '../upstream/exchange.ts'
import type { ReplicaPreference } from '../upstream/selection.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { runIdIn, sessionIdIn, valueIn, valueInQuery } from './body-fields.ts'

/** Matches paths of runs, with or without `/{kind}/{id}` in front. */
const RUN_ROUTE =
  /^(?:\/(?:agents|teams|workflows)\/[^/?]+)?\/runs(?:\/([^/?]+)(?:\/([^/?]+))?)?(?:[/?]|$)/

/** A request about runs. */
export interface RunRoute {
  /** Undefined for a new run, or for the list of runs. */
  readonly runId: string | undefined
  /** `cancel`, `continue`, `resume` or `checkpoints`; undefined for the run itself. */
  readonly action: string | undefined
}

/** @param path path on the upstream, or below the component */
export function runRouteOf(path: string): RunRoute | undefined {
  const match = RUN_ROUTE.exec(path)
  if (match === null) return undefined
  const [, runId, action] = match
  return { runId: runId && decodeURIComponent(runId), action }
}

/** The request starts or continues a run, so its response shows which replica holds the run. */
export function startsRun(method: string, { runId, action }: RunRoute): boolean {
  return method === 'POST' && (runId === undefined || action === 'continue')
}

/** Remembers which replica holds the run of this response, and its session where sessions are sticky. */
export function learnReplica(
  firstBytes: Buffer,
  { status, replicaUrl }: ResponseHead,
  upstream: Upstream,
  affinity: Affinity,
): void {
  if (status >= 300) return
  const runId = runIdIn(firstBytes)
  if (runId !== undefined) affinity.learn('run', upstream, runId, replicaUrl)
  const sessionId = affinity.keepsSessions ? sessionIdIn(firstBytes) : undefined
  if (sessionId !== undefined) affinity.learn('session', upstream, sessionId, replicaUrl)
}

/** The parts of a request that decide on the replica. */
export interface RoutableRequest {
  readonly method: string
  readonly path: string
  readonly contentType: string | undefined
  readonly body: Buffer | Readable | null
  /** `sub` of the caller's verified token. */
  readonly user?: string | undefined
}

/** Where a request goes: to one replica, to each in turn until one knows the run, or to all. */
export interface ReplicaChoice {
  readonly preference: ReplicaPreference
  readonly reach: 'one' | 'until_found' | 'all'
}

/**
 * A request about a run goes to the replica that holds the run. When that replica is unknown, a cancel goes to all replicas,
 * and any other request to each in turn until one knows the run.
 */
export async function chooseReplica(
  request: RoutableRequest,
  route: RunRoute | undefined,
  upstream: Upstream,
  affinity: Affinity,
): Promise<ReplicaChoice> {
  const runId = route?.runId
  if (runId !== undefined) {
    const owner = await affinity.find('run', upstream, runId)
    const bypassesLimit = route?.action !== 'continue'
    if (owner) return { preference: { owner, bypassesLimit }, reach: 'one' }
    const isForAll = route?.action === 'cancel' && !isStream(request.body)
    return { preference: { bypassesLimit }, reach: isForAll ? 'all' : 'until_found' }
  }
  const { policy } = upstream.balancing
  const sessionId = affinity.keepsSessions ? fieldOf(request, 'session_id') : undefined
  const preferred = sessionId && (await affinity.find('session', upstream, sessionId))
  const key = policy.kind === 'hash' ? keyOf(request, policy.by) : undefined
  return { preference: { preferred: preferred || undefined, key }, reach: 'one' }
}

function keyOf(request: RoutableRequest, by: 'session_id' | 'user_id'): string | undefined {
  return fieldOf(request, by) ?? (by === 'user_id' ? request.user : undefined)
}

/** A field of the body, or else of the query. A streamed body is not read. */
function fieldOf({ path, body, contentType }: RoutableRequest, name: string): string | undefined {
  const inBody = Buffer.isBuffer(body) ? valueIn(body, contentType, name) : undefined
  if (inBody !== undefined) return inBody
  const query = path.indexOf('?')
  return query === -1 ? undefined : valueInQuery(path.slice(query + 1), name)
}

function isStream(body: RoutableRequest['body']): body is Readable {
  return body !== null && !Buffer.isBuffer(body)
}
