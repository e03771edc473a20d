/** Which replica a request should go to, for what it says of runs and sessions. */
import type { Readable } from 'node:stream'
import type { Affinity } from '../upstream/affinity.ts'
import type { ResponseHead } from '../upstream/exchange.ts'
import type { ReplicaPreference } from '../upstream/selection.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { runIdIn, sessionIdIn, valueIn, valueInQuery } from './body-fields.ts'

/** What stands behind `/{kind}/{id}`, which may be there or not. */
const RUN_ROUTE =
  /^(?:\/(?:agents|teams|workflows)\/[^/?]+)?\/runs(?:\/([^/?]+)(?:\/([^/?]+))?)?(?:[/?]|$)/

/** A request that concerns runs. */
export interface RunRoute {
  /** Undefined where the run is yet to begin, or where many are meant. */
  readonly runId: string | undefined
  /** `cancel`, `continue`, `resume`, `checkpoints`; undefined for the run itself. */
  readonly action: string | undefined
}

/** @param path of the request on the upstream, or below the component */
export function runRouteOf(path: string): RunRoute | undefined {
  const match = RUN_ROUTE.exec(path)
  if (match === null) return undefined
  const [, runId, action] = match
  return { runId: runId && decodeURIComponent(runId), action }
}

/** The request begins a run, or goes on with one, so its answer tells where that run is held. */
export function startsRun(method: string, { runId, action }: RunRoute): boolean {
  return method === 'POST' && (runId === undefined || action === 'continue')
}

/** Remembers where the run of this answer is held, and its session where that is wanted. */
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

/** A request, as far as it decides on the replica. */
export interface RoutableRequest {
  readonly method: string
  readonly path: string
  readonly contentType: string | undefined
  readonly body: Buffer | Readable | null
  /** User of the caller's token, where it was verified. */
  readonly user?: string | undefined
}

/** Where a request goes: to one replica of its wish, to one after the other until it is found, or to all. */
export interface ReplicaChoice {
  readonly preference: ReplicaPreference
  readonly reach: 'one' | 'until_found' | 'all'
}

/**
 * Requests for a run go to the replica that holds it. Where that is not known a cancel goes to all, and everything else
 * from one replica to the next until one knows the run.
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

/** A field of the body, or else of the query. A body that streams through is not looked into. */
function fieldOf({ path, body, contentType }: RoutableRequest, name: string): string | undefined {
  const inBody = Buffer.isBuffer(body) ? valueIn(body, contentType, name) : undefined
  if (inBody !== undefined) return inBody
  const query = path.indexOf('?')
  return query === -1 ? undefined : valueInQuery(path.slice(query + 1), name)
}

function isStream(body: RoutableRequest['body']): body is Readable {
  return body !== null && !Buffer.isBuffer(body)
}
