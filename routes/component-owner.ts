/** Finds the remote of a component, and asks the upstreams again for an unknown id. */
import type { FastifyRequest } from 'fastify'
import type { ComponentKind, GatewayConfig } from '../config/types.ts'
import { composerReady } from '../src/composer-start.ts'
import { GatewayError } from '../src/errors.ts'
import type { BaseRemote } from '../src/remote/base-remote.ts'

/** AgentOS's messages for an unknown component. */
const NOT_FOUND = {
  agents: 'Agent not found',
  teams: 'Team not found',
  workflows: 'Workflow not found',
} as const

/**
 * @param id public id
 * @throws {GatewayError} `AGW_COMPONENT_NOT_FOUND`; `AGW_NO_REPLICA` for a composed component whose composer has not
 *   started
 * @throws {RefusedAnswer} when an upstream that may have the component refuses the query
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
  if (isComposed(gateway.config, kind, id)) await composerReady(gateway)
  const found = discovery.current.remote(kind, id)
  if (found) return found
  throw refusal ?? componentNotFound(kind)
}

function isComposed({ composition }: GatewayConfig, kind: ComponentKind, id: string): boolean {
  if (composition === undefined || kind === 'agents') return false
  return composition[kind].some((component) => component.id === id)
}

/** Error for a missing component and for one that the caller may not read: both get the same answer. */
export function componentNotFound(kind: ComponentKind): GatewayError {
  return new GatewayError('AGW_COMPONENT_NOT_FOUND', { detail: NOT_FOUND[kind] })
}
