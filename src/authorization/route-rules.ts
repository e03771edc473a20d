/** Finds the rule of a route in AgentOS's table of scopes. */
import type { ComponentKind } from '../../config/types.ts'
import { ROUTE_SCOPES } from './route-scopes.ts'

/** The rights that a route requires. */
export interface RouteRule {
  /** All of them. */
  readonly scopes: readonly string[]
  /** Action on the component in the path; AgentOS checks it in addition to the scopes. */
  readonly action: 'read' | 'run' | undefined
}

/** Run routes below a component. AgentOS's table omits them, because its routes check `run` themselves. */
const RUN_ROUTES = `
POST /agents/*/runs/*/resume
POST /agents/*/sessions/*/fork
POST /agents/*/sessions/*/compact
POST /teams/*/runs/*/resume
POST /teams/*/sessions/*/fork
POST /workflows/*/runs/*/resume
`
/** Matches runs and sessions of a component, not its card. */
const BELOW_COMPONENT = /^\/(?:agents|teams|workflows)\/[^/]+\/./

/** Largest number of segments; no route has more, and matching stays short. */
const MOST_SEGMENTS = 20

interface Line {
  readonly method: string
  readonly pattern: RegExp
  readonly scopes: readonly string[]
}

/** Looks up the rules of routes. One instance per server. */
export class RouteRules {
  readonly #lines: readonly Line[] = `${RUN_ROUTES}${ROUTE_SCOPES}`
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine)

  /**
   * @param method HEAD counts as GET
   * @param path decoded, without the query
   * @returns undefined for a route AgentOS does not have
   */
  find(method: string, path: string): RouteRule | undefined {
    const routeMethod = method === 'HEAD' ? 'GET' : method
    if (path.split('/').length > MOST_SEGMENTS) return undefined
    const line = this.#lines.find((each) => each.method === routeMethod && each.pattern.test(path))
    if (line === undefined) return undefined
    const action = BELOW_COMPONENT.test(path) ? 'run' : undefined
    return { scopes: line.scopes, action }
  }
}

function parseLine(line: string): Line {
  const [method = '', pattern = '', ...scopes] = line.split(' ')
  return { method, pattern: new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 's'), scopes }
}

/** The component of a path: only the kind for a list, kind and id below a component. */
export function componentIn(path: string): { kind: ComponentKind; id?: string } | undefined {
  const [, first, id] = path.split('/')
  if (first !== 'agents' && first !== 'teams' && first !== 'workflows') return undefined
  return id === undefined || id === '' ? { kind: first } : { kind: first, id }
}
