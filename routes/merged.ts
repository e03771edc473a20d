/** Sends answers merged from several upstreams, with the headers that name missing and stale ones. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RefusedAnswer } from '../src/errors.ts'
import { isObject } from '../src/json/is-object.ts'
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
  const { shares, missing, unreadable, stale, refusal, body } = merged
  if (unreadable.length > 0) logUnreadable(reply.request as FastifyRequest, unreadable)
  if (shares.length === 0 && refusal instanceof RefusedAnswer) throw refusal
  if (missing.length > 0) reply.header('x-agentos-partial', missing.join(', '))
  if (stale.length > 0) reply.header('x-agentos-stale', stale.join(', '))
  const now = Date.now()
  const age = Math.max(0, ...shares.map(({ answer }) => answer.ageSeconds(now)))
  return reply.header('content-type', 'application/json').header('age', age).send(body)
}

/** Leaves out and names the upstreams whose answer is not what is merged. @param isReadable default: an object */
export function readableOnly(
  gathered: Gathered,
  isReadable: (json: unknown) => boolean = isObject,
): Gathered {
  const shares = gathered.shares.filter(({ answer }) => isReadable(answer.json))
  const odd = gathered.shares
    .filter((share) => !shares.includes(share))
    .map(({ upstream }) => upstream.name)
  const { missing, unreadable } = gathered
  return {
    ...gathered,
    shares,
    missing: [...missing, ...odd],
    unreadable: [...unreadable, ...odd],
  }
}

function logUnreadable(request: FastifyRequest, upstreams: readonly string[]): void {
  const line = { upstream: upstreams.join(','), path: pathOf(request), requestId: request.id }
  request.server.logs.upstream.warn(line, 'upstream left out: its answer is unreadable')
}
