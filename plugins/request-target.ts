/** What a request asks for, and of whom, however its path is written: for those who decide about it and those who count it. */
import type { FastifyRequest } from 'fastify'
import type { ComponentKind } from '../config/types.ts'
import type { RequestTarget } from '../src/auth/authorizer.ts'
import { decoded } from '../src/auth/named-components.ts'
import { componentIn } from '../src/auth/route-rules.ts'
import { chosenName } from './choose-upstream.ts'
import { pathOf } from './path-guard.ts'

/** The request in the terms of whoever serves it. */
export function targetOf(request: FastifyRequest): RequestTarget {
  const { method, gateway } = request
  // Decoded, as routers read it.
  const path = decoded(pathOf(request))
  const chosen = gateway.upstreams.get(chosenName(request)?.name ?? '')
  if (chosen) return { method, path, relayedTo: chosen }
  const [, name = '', rest = ''] = /^\/upstreams\/([^/]+)(\/.*)$/.exec(path) ?? []
  const named = gateway.upstreams.get(name)
  return named ? { method, path: rest, relayedTo: named } : { method, path }
}

/** A component, by the id callers use. */
export interface TargetComponent {
  readonly kind: ComponentKind
  readonly id: string
}

/** The component whose route is asked for: the same one, whether callers use its id or that of its upstream. */
export function targetComponent(
  { path, relayedTo }: RequestTarget,
  { gateway }: Pick<FastifyRequest, 'gateway'>,
): TargetComponent | undefined {
  const { kind, id } = componentIn(path) ?? {}
  if (kind === undefined || id === undefined) return undefined
  if (relayedTo === undefined) return { kind, id }
  const known = gateway.discovery.current.idOf(kind, relayedTo, id)
  // One that nobody owns here is still counted for itself.
  return { kind, id: known ?? `${relayedTo.name}/${id}` }
}
