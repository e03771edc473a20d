/** Names the route of a request with few words: for traces, which are grouped by it. */
import type { FastifyRequest } from 'fastify'
import { pathOf } from './path-guard.ts'

/** What AgentOS has below a component. Anything else there is `*`. */
const BELOW_COMPONENT =
  /^\/(?:(runs)(?:\/[^/]+(?:\/(cancel|continue|resume|checkpoints)(\/[^/]+)?)?)?|sessions\/[^/]+\/(fork|compact))\/?$/

/** Pattern of the route, such as `/agents/{id}/runs/{run_id}/cancel`; undefined where there is none. */
export function routePattern({ routeOptions, raw }: FastifyRequest): string | undefined {
  const pattern = routeOptions.url?.replace(/:(\w+)/g, '{$1}')
  if (pattern === undefined || !/^\/(?:agents|teams|workflows)\/\{id\}\/\*$/.test(pattern)) {
    return pattern
  }
  const path = pathOf({ raw })
  const below = BELOW_COMPONENT.exec(path.replace(/^\/[^/]+\/[^/]+/, ''))
  if (below === null) return pattern
  const [found, runs, action, index, ofSession] = below
  const start = pattern.slice(0, -2)
  if (ofSession !== undefined) return `${start}/sessions/{session_id}/${ofSession}`
  if (!found.startsWith('/runs/') || found === '/runs/') return `${start}/${runs}`
  const run = `${start}/runs/{run_id}`
  if (action === undefined) return run
  return index === undefined ? `${run}/${action}` : `${run}/${action}/{index}`
}
