/** Queries one or several upstreams, each within a time limit, and ranks their replies. */
import type { DataTarget } from '../catalogue/id-location-cache.ts'
import { GatewayError } from '../errors.ts'
import type { WholeResponse } from '../upstream/collect.ts'
import type { RequestTrace } from '../upstream/trace.ts'

/** One query to one upstream. */
export interface UpstreamQuery {
  readonly method: string
  /** Path and query in the upstream's own ids. */
  readonly path: string
  /** Header names and values, alternating. */
  readonly headers: readonly string[]
  readonly body?: Buffer | null
  /** Trace of the query, when the caller's request is traced. */
  readonly trace?: RequestTrace | undefined
}

/** The result of a query: an answer of any status, or an error. */
export type UpstreamReply =
  | { readonly target: DataTarget; readonly response: WholeResponse }
  | { readonly target: DataTarget; readonly error: GatewayError }

/** Limits of {@link queryUpstream}. */
export interface QueryOptions {
  /** Longest wait for the whole answer, in milliseconds. */
  readonly timeoutMs: number
  /** Aborts the query; the reply is then an error. */
  readonly signal: AbortSignal
}

/** Queries one upstream. Never rejects. */
export async function queryUpstream(
  target: DataTarget,
  question: UpstreamQuery,
  options: QueryOptions,
): Promise<UpstreamReply> {
  const { upstream } = target
  const { method, path, headers, body = null, trace } = question
  const cut = new AbortController()
  const timer = setTimeout(() => cut.abort(), options.timeoutMs)
  const onAbort = () => cut.abort()
  options.signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (options.signal.aborted) cut.abort()
    const { agentTimeoutMs } = upstream.config.timeouts
    const { signal } = cut
    const fetching = { method, headers, body, silenceMs: agentTimeoutMs, signal, trace }
    return { target, response: await upstream.fetch(path, fetching) }
  } catch (thrown) {
    return { target, error: errorOf(thrown, target, cut.signal.aborted && !options.signal.aborted) }
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', onAbort)
  }
}

function errorOf(thrown: unknown, { upstream }: DataTarget, isLate: boolean): GatewayError {
  if (isLate) return new GatewayError('AGW_UPSTREAM_TIMEOUT', { upstream: upstream.name })
  if (thrown instanceof GatewayError) return thrown
  return new GatewayError('AGW_CLIENT_CLOSED', { upstream: upstream.name, cause: thrown })
}

/** Returns the first satisfying reply without waiting for the others, or else all replies in the order of the targets. */
export async function firstOf(
  replies: readonly Promise<UpstreamReply>[],
  satisfies: (reply: UpstreamReply) => boolean,
): Promise<UpstreamReply | readonly UpstreamReply[]> {
  const { promise, resolve } = Promise.withResolvers<UpstreamReply>()
  for (const reply of replies) {
    void reply.then((settled) => {
      if (satisfies(settled)) resolve(settled)
    })
  }
  const settled = await Promise.race([promise, Promise.all(replies)])
  return 'target' in settled ? settled : (settled.find(satisfies) ?? settled)
}

/** Status of a reply; 0 for an error. */
export function statusOf(reply: UpstreamReply): number {
  return 'response' in reply ? reply.response.status : 0
}

/** The text of a successful answer. */
export function textOf(reply: UpstreamReply): string | undefined {
  return 'response' in reply && reply.response.status === 200
    ? reply.response.body.toString('utf8')
    : undefined
}

/** Replaces a reply that cannot be parsed by an error. */
export function unreadable({ target }: UpstreamReply): UpstreamReply {
  const { name: upstream } = target.upstream
  const detail = `Upstream '${upstream}' sent an unreadable answer`
  return { target, error: new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream, detail }) }
}

/** Texts of an AgentOS that lacks a feature, as opposed to one that failed. */
const UNSUPPORTED =
  /not available|is available|not enabled|not supported|not configured|No database is configured/

/** The upstream lacks the feature, so the merged answer is complete without it. */
export function isUnsupported(reply: UpstreamReply): boolean {
  if (!('response' in reply)) return false
  const { status, body } = reply.response
  if (status === 404 || status === 405 || status === 501) return true
  return (status === 503 || status === 400) && UNSUPPORTED.test(body.toString('utf8', 0, 1_000))
}

/** Statuses of refusals, the most informative first. */
const REFUSAL_RANK = [404, 422, 403, 401, 400, 409, 405, 501, 503]

/** The AgentOS does not know the route: its 404 means an older release, and not a missing id. */
export function isUnrouted(reply: UpstreamReply): boolean {
  if (statusOf(reply) !== 404 || !('response' in reply)) return false
  return reply.response.body.toString('utf8') === '{"detail":"Not Found"}'
}

/**
 * The most informative refusal, for a request that no upstream could answer.
 *
 * @param replies at least one
 */
export function bestRefusal(replies: readonly UpstreamReply[]): UpstreamReply {
  const rank = (reply: UpstreamReply): number => {
    const status = statusOf(reply)
    if (isUnrouted(reply)) return REFUSAL_RANK.length
    const index = REFUSAL_RANK.indexOf(status)
    return index !== -1 ? index : REFUSAL_RANK.length + 1 + Number(status === 0)
  }
  return replies.toSorted((a, b) => rank(a) - rank(b))[0] as UpstreamReply
}

/** Names of the upstreams that failed although they have the feature. */
export function failedUpstreams(replies: readonly UpstreamReply[]): string[] {
  const silent = replies.filter((reply) => statusOf(reply) >= 300 || statusOf(reply) === 0)
  return [
    ...new Set(
      silent.filter((reply) => !isUnsupported(reply)).map(({ target }) => target.upstream.name),
    ),
  ]
}
