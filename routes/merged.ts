/** Sends answers merged from several upstreams, with the headers that name missing and stale ones. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RefusedAnswer } from '../src/errors.ts'
import type { Gathered } from '../src/merge/gather.ts'
import { pathOf } from '../src/request-target.ts'

/** Returns whether the caller refuses cached answers (RFC 9111 §5.2.1.4). */
export function bypassesCache(request: FastifyRequest): boolean {
  return request.headers['cache-control']?.includes('no-cache') ?? false
}

/**
 * Sends a merged answer. Headers name the upstreams that are missing or stale, and `age` is that of the oldest part.
 * When no upstream contributed and one refused, its refusal is sent.
 *
 * @throws {RefusedAnswer} that refusal
 */
export function sendMerged(
  reply: FastifyReply,
  merged: Gathered & { readonly body: Buffer | string },
): FastifyReply {
  const { shares, missing, stale, refusal, body } = merged
  if (shares.length === 0 && refusal instanceof RefusedAnswer) throw refusal
  if (missing.length > 0) reply.header('x-agentos-partial', missing.join(', '))
  if (stale.length > 0) reply.header('x-agentos-stale', stale.join(', '))
  const now = Date.now()
  const age = Math.max(0, ...shares.map(({ answer }) => answer.ageSeconds(now)))
  return reply.header('content-type', 'application/json').header('age', age).send(body)
}

/** Leaves out, names and logs the upstreams whose answer is not the object that is merged. */
export function readableOnly(request: FastifyRequest, gathered: Gathered): Gathered {
  const isReadable = ({ answer }: Gathered['shares'][number]) =>
    typeof answer.json === 'object' && answer.json !== null && !Array.isArray(answer.json)
  const shares = gathered.shares.filter(isReadable)
  if (shares.length === gathered.shares.length) return gathered
  const odd = gathered.shares.filter((share) => !isReadable(share)).map((one) => one.upstream.name)
  const line = { upstream: odd.join(','), path: pathOf(request), requestId: request.id }
  request.server.logs.upstream.warn(line, 'upstream left out: its answer is unreadable')
  return { ...gathered, shares, missing: [...gathered.missing, ...odd] }
}
