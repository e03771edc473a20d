/** Asks several places the same thing at once, each for a limited time. */
import type { DataTarget } from '../catalogue/id-location-cache.ts'
import { GatewayError } from '../errors.ts'
import type { WholeResponse } from '../upstream/collect.ts'
import type { RequestTrace } from '../upstream/trace.ts'

/** One question to one place. */
export interface UpstreamQuery {
  readonly method: string
  /** Path and query in the upstream's own ids. */
  readonly path: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body?: Buffer | null
  /** Follows it, where the caller's request is traced. */
  readonly trace?: RequestTrace | undefined
}

/** The result of a query: an answer of any status, or an error. */
export type UpstreamReply =
  | { readonly target: DataTarget; readonly response: WholeResponse }
  | { readonly target: DataTarget; readonly error: GatewayError }

/** Limits of an {@link queryUpstream}. */
export interface QueryOptions {
  /** Longest wait for the whole answer, in milliseconds. */
  readonly timeoutMs: number
  /** Ends the question early; the reply is then an error. */
  readonly signal: AbortSignal
}

/** Asks one place. Never rejects. */
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

/** The first reply that satisfies, however late the others are; else all of them, in the order of the targets. */
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

/** Status of a reply; 0 where there was none. */
export function statusOf(reply: UpstreamReply): number {
  return 'response' in reply ? reply.response.status : 0
}

/** The text of an answer that was given, if it was a success. */
export function textOf(reply: UpstreamReply): string | undefined {
  return 'response' in reply && reply.response.status === 200
    ? reply.response.body.toString('utf8')
    : undefined
}

/** The reply of an upstream whose answer cannot be read: it counts as none. */
export function unreadable({ target }: UpstreamReply): UpstreamReply {
  const { name: upstream } = target.upstream
  const detail = `Upstream '${upstream}' answered with something that cannot be read`
  return { target, error: new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream, detail }) }
}

/** What an AgentOS says when it lacks what was asked for, as against being unable to say. */
const UNSUPPORTED =
  /not available|is available|not enabled|not supported|not configured|No database is configured/

/** The upstream has nothing of the kind, so nothing is missing without it. */
export function isUnsupported(reply: UpstreamReply): boolean {
  if (!('response' in reply)) return false
  const { status, body } = reply.response
  if (status === 404 || status === 405 || status === 501) return true
  return (status === 503 || status === 400) && UNSUPPORTED.test(body.toString('utf8', 0, 1_000))
}

/** Statuses of refusals, the most informative first. */
const REFUSAL_RANK = [404, 422, 403, 401, 400, 409, 405, 501, 503]

/** An AgentOS of a release that does not know the route: its 404 says nothing of what was asked for. */
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

/** Names of the upstreams that could have had something to say and did not. */
export function failedUpstreams(replies: readonly UpstreamReply[]): string[] {
  const silent = replies.filter((reply) => statusOf(reply) >= 300 || statusOf(reply) === 0)
  return [
    ...new Set(
      silent.filter((reply) => !isUnsupported(reply)).map(({ target }) => target.upstream.name),
    ),
  ]
}
