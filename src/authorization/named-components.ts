/** Components that a request puts to work by naming them elsewhere than in its path. */
import type { ComponentKind } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'
import { assertShallow } from '../json/json-depth.ts'

/** What the body of a request sets in motion. */
export interface BodyActions {
  /** Components that are run. */
  readonly runs: readonly { readonly kind: ComponentKind; readonly name: string }[]
  /** A request that an AgentOS makes to itself later on. */
  readonly later: { readonly method: string; readonly path: string } | undefined
}

/** Evaluations run the agent or team their body names; schedules call any route. */
const READ_ROUTES = [/^POST \/eval-runs$/, /^POST \/schedules$/, /^PATCH \/schedules\/.+$/]

/** The body of this request has to be looked at. */
export function isBodyAuthorized(method: string, path: string): boolean {
  return READ_ROUTES.some((route) => route.test(`${method} ${path}`))
}

/**
 * What a body sets in motion. One that this can't read might mean something to whoever can.
 *
 * @throws {GatewayError} `AGW_BODY_INVALID` when it is no JSON object
 */
export function runsInBody(path: string, body: Buffer): BodyActions {
  const fields = parsed(body)
  if (path !== '/eval-runs') return { runs: [], later: callIn(fields) }
  const named = (kind: ComponentKind, name: unknown) =>
    typeof name === 'string' ? [{ kind, name }] : []
  return {
    runs: [...named('agents', fields['agent_id']), ...named('teams', fields['team_id'])],
    later: undefined,
  }
}

function callIn({ endpoint, method }: Record<string, unknown>): BodyActions['later'] {
  if (typeof endpoint !== 'string') return undefined
  const path = URL.parse(endpoint, 'http://agentos')?.pathname
  return {
    method: typeof method === 'string' ? method.toUpperCase() : 'POST',
    path: decoded(path ?? endpoint),
  }
}

/** A path as routers read it; what can't be decoded stays as it is. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function parsed(body: Buffer): Record<string, unknown> {
  const text = body.toString('utf8')
  assertShallow(text)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // Answered below, like every body that is no object.
  }
  throw new GatewayError('AGW_BODY_INVALID', {
    detail: [{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} }],
  })
}
