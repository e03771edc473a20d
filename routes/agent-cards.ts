/** Agent cards among what is passed through. */
import type { FastifyRequest } from 'fastify'
import { agentCardAt } from '../src/merge/agent-card.ts'
import type { ResponseTransform } from '../src/relay/response-transformer.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

const AGENT_CARD = /\/\.well-known\/agent(?:-card)?\.json$/

/**
 * Makes an agent card point at the gateway, as the caller addresses it. Anything else passes untouched.
 *
 * @param path on the upstream, without the query
 * @param prefix under which the upstream's paths are reached; empty where they are the same here
 */
export function agentCardTransform(
  request: FastifyRequest,
  upstream: Upstream,
  path: string,
  prefix: string,
): { readonly transform?: ResponseTransform } {
  if (!AGENT_CARD.test(path)) return {}
  const reach = {
    origin: `${request.protocol}://${request.host}`,
    prefix,
    basePath: new URL(upstream.config.urls[0] as string).pathname.replace(/\/$/, ''),
    ...(prefix === '' && { translator: request.gateway.translators.of(upstream) }),
  }
  return { transform: { rewrite: (text) => agentCardAt(text, reach) } }
}
