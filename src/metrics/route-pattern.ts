/** Derives a low-cardinality route pattern from a request, for grouping traces. */
import { normalPathOf } from '../request-target.ts'

/** A request, as far as its route goes. */
interface MatchedRequest {
  readonly context: { readonly route: string }
  readonly raw: { readonly url?: string | undefined }
}

/** AgentOS's paths below a component. Any other path becomes `*`. */
const BELOW_COMPONENT =
  /^\/[^/]+\/[^/]+\/(?:runs(?:\/([^/]+)(?:\/(cancel|continue|resume|checkpoints)(\/[^/]+)?)?)?|sessions\/[^/]+\/(fork|compact))\/?$/

const COMPONENT_ROUTE = /^\/(agents|teams|workflows)\/:id\/\*$/

/** Pattern of the route, such as `/agents/{id}/runs/{run_id}/cancel`; undefined where there is none. */
export function routePattern({ context: { route }, raw }: MatchedRequest): string | undefined {
  if (route === '') return undefined
  if (!route.includes(':')) return route
  const kind = COMPONENT_ROUTE.exec(route)?.[1]
  if (kind === undefined) return route.replace(/:(\w+)/g, '{$1}')
  const below = BELOW_COMPONENT.exec(normalPathOf({ raw }))
  if (below === null) return `/${kind}/{id}/*`
  const [, run, action, index, ofSession] = below
  if (ofSession !== undefined) return `/${kind}/{id}/sessions/{session_id}/${ofSession}`
  if (run === undefined) return `/${kind}/{id}/runs`
  if (action === undefined) return `/${kind}/{id}/runs/{run_id}`
  const pattern = `/${kind}/{id}/runs/{run_id}/${action}`
  return index === undefined ? pattern : `${pattern}/{index}`
}
