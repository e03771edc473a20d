/** What merged answers have in common. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RefusedAnswer } from '../src/errors.ts'
import type { Gathered } from '../src/merge/gather.ts'

/** The caller wants no answer from a cache (RFC 9111 §5.2.1.4). */
export function bypassesCache(request: FastifyRequest): boolean {
  return request.headers['cache-control']?.includes('no-cache') ?? false
}

/**
 * Sends a merged answer. Says who is missing from it, who could not be asked anew, and how old its oldest part is. Where
 * nobody contributed but somebody refused, the refusal is the answer.
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
