/** The remote of a component that a request names, also of one that has come since the upstreams were last asked. */
import type { FastifyRequest } from 'fastify'
import type { ComponentKind } from '../config/types.ts'
import { GatewayError } from '../src/errors.ts'
import type { BaseRemote } from '../src/remote/base-remote.ts'

/** AgentOS's words for a component it does not have. */
const NOT_FOUND = {
  agents: 'Agent not found',
  teams: 'Team not found',
  workflows: 'Workflow not found',
} as const

/**
 * @param id as callers use it
 * @throws {GatewayError} `AGW_COMPONENT_NOT_FOUND`
 * @throws {RefusedAnswer} when an upstream that might have it refuses to say
 */
export function ownerOf(
  request: Pick<FastifyRequest, 'gateway' | 'caller'>,
  kind: ComponentKind,
  id: string,
): BaseRemote | Promise<BaseRemote> {
  return request.gateway.discovery.current.remote(kind, id) ?? findOnUpstreams(request, kind, id)
}

async function findOnUpstreams(
  { gateway, caller }: Pick<FastifyRequest, 'gateway' | 'caller'>,
  kind: ComponentKind,
  id: string,
): Promise<BaseRemote> {
  const { discovery } = gateway
  const refusal = await discovery.findComponent(kind, (upstream) => caller.identityAt(upstream))
  const found = discovery.current.remote(kind, id)
  if (found) return found
  throw refusal ?? componentNotFound(kind)
}

/** The same answer for a component that is not there and for one that the caller may not know of. */
export function componentNotFound(kind: ComponentKind): GatewayError {
  return new GatewayError('AGW_COMPONENT_NOT_FOUND', { detail: NOT_FOUND[kind] })
}
