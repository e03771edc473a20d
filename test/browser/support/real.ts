/** Starts gateways in front of the real AgentOS servers and describes their components. */
import { inject } from 'vitest'
import type { RunningGateway } from '../../support/gateway.ts'
import { startGateway } from '../../support/gateway.ts'
import { tokenFor } from '../../support/tokens.ts'
import type { Step, Target } from '../page/contract.ts'
import type { RealAgentOs } from './agentos-servers.ts'
import { REAL_SECRET } from './agentos-servers.ts'

/** Admin token for the servers and for gateways made by {@link gatewayToReal}. */
export const ADMIN = tokenFor({ sub: 'u1', scopes: ['agent_os:admin'] }, REAL_SECRET)

/** Returns the servers with or without required tokens, one of each release. */
export function realOnes(isLocked: boolean): RealAgentOs[] {
  return inject('agentOses').filter((each) => each.isLocked === isLocked)
}

/** Starts a gateway to both releases and waits until both are ready. It requires a token where they do. */
export function gatewayToReal(isLocked: boolean): Promise<RunningGateway> {
  const keys = [{ alg: 'HS256', secret: REAL_SECRET }]
  const ones = realOnes(isLocked)
  return startGateway(
    {
      upstreams: ones.map(({ name, url }) => ({
        name,
        url,
        ...(isLocked && { config_token: ADMIN }),
      })),
      ...(isLocked && { auth: { mode: 'jwt', authorization: true, keys } }),
    },
    { ready: ones.map(({ name }) => name) },
  )
}

/** @param base the server itself or a gateway */
export function targetAt(base: string, { name, isLocked }: RealAgentOs): Target {
  return {
    base,
    agent: `assistant-${name}`,
    team: `team-${name}`,
    workflow: `wf-${name}`,
    db: `db-${name}`,
    ...(isLocked && { token: ADMIN }),
  }
}

const ID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g
/** Names of members whose values differ between runs. */
const VOLATILE =
  /(?:_at|_ms|^start_time|^end_time|^duration|^time|^time_to_first_token|^response_time)$/
const SECONDS = /\b\d+\.\d+s\b/g

/**
 * Returns steps in a form that is equal across runs: ids numbered in order, times and durations removed.
 *
 * @param isAbout selects one server's items from lists that contain the items of several
 */
export function comparable(steps: readonly Step[], isAbout: (id: string) => boolean): unknown {
  const ids = new Map<string, string>()
  const named = (id: string) => {
    const known = ids.get(id) ?? `id ${ids.size}`
    ids.set(id, known)
    return known
  }
  const plain = (value: unknown, key = ''): unknown => {
    if (VOLATILE.test(key)) return typeof value
    if (typeof value === 'string') return value.replace(ID, named).replace(SECONDS, 'some s')
    if (Array.isArray(value)) return value.map((each) => plain(each, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, plain(each, name)]),
    )
  }
  const ofOne = (body: unknown) =>
    Array.isArray(body)
      ? body.filter((each) => typeof each?.id !== 'string' || isAbout(each.id))
      : body
  return steps.map(({ call, status, body }) => plain({ call, status, body: ofOne(body) }))
}
