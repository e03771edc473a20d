/** Rewrites A2A agent cards that an upstream serves below a passed-through path. */
import type { FastifyRequest } from 'fastify'
import { agentCardAt } from '../src/merge/agent-card.ts'
import { withoutEndSlashes } from '../src/parameters/path.ts'
import type { ResponseTransform } from '../src/relay/response-transformer.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

const AGENT_CARD = /\/\.well-known\/agent(?:-card)?\.json$/

/**
 * Replaces addresses in an agent card by the gateway's, as the caller addresses it. Other documents pass unchanged.
 *
 * @param path path on the upstream, without the query
 * @param prefix path prefix of the upstream at the gateway; empty where the paths are the same
 */
export function agentCardTransform(
  request: FastifyRequest,
  upstream: Upstream,
  path: string,
  prefix: string,
): { readonly transform?: ResponseTransform } {
  if (!AGENT_CARD.test(withoutEndSlashes(path))) return {}
  const reach = {
    origin: `${request.protocol}://${request.host}`,
    prefix,
    basePath: new URL(upstream.config.urls[0] as string).pathname.replace(/\/$/, ''),
    ...(prefix === '' && { translator: request.gateway.translators.of(upstream) }),
  }
  return { transform: { rewrite: (text) => agentCardAt(text, reach) } }
}
