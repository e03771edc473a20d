/** What a request asks for, and of whom, however its path is written: for those who decide about it and those who count it. */

import type { IncomingHttpHeaders } from 'node:http'
import type { RequestTarget, TargetComponent } from './authorization/authorizer.ts'
import { decoded } from './authorization/named-components.ts'
import { componentIn } from './authorization/route-rules.ts'
import { GatewayError } from './errors.ts'
import type { Gateway } from './gateway.ts'
import type { Upstream } from './upstream/upstream.ts'

/** A request, as far as its path, query and headers can name an upstream. */
export interface NamingRequest {
  readonly raw: { readonly url?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

/** A request with the engine that serves it. */
export interface RoutedRequest extends NamingRequest {
  readonly method: string
  readonly gateway: Gateway
  /** Holds the target of a face's request. */
  readonly context?: { readonly target: RequestTarget | undefined }
}

/** Path of the request's target, without the query. */
export function pathOf({
  raw: { url = '' },
}: {
  readonly raw: { readonly url?: string | undefined }
}): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** What the caller chose, and the target without the choice in it. */
interface ChosenName {
  readonly name: string
  readonly path: string
}

/** @returns undefined where the caller names none */
export function chosenName(request: NamingRequest): ChosenName | undefined {
  const url = request.raw.url ?? ''
  const header = request.headers['x-agentos-upstream']
  const query = url.indexOf('?')
  const named = query === -1 ? undefined : withoutUpstream(url, query)
  const name = typeof header === 'string' ? header : named?.name
  return name === undefined ? undefined : { name, path: named?.path ?? url }
}

/** Takes `upstream=NAME` out of the query and leaves every other byte as it is. */
function withoutUpstream(url: string, query: number): ChosenName | undefined {
  const pairs = url.slice(query + 1).split('&')
  const chosen = pairs.find((pair) => pair.startsWith('upstream='))
  if (chosen === undefined) return undefined
  const rest = pairs.filter((pair) => !pair.startsWith('upstream=')).join('&')
  const name = new URLSearchParams(chosen).get('upstream') ?? ''
  return { name, path: url.slice(0, query) + (rest === '' ? '' : `?${rest}`) }
}

/** @throws {GatewayError} `AGW_UPSTREAM_NOT_FOUND` */
export function upstreamNamed(upstreams: ReadonlyMap<string, Upstream>, name: string): Upstream {
  const upstream = upstreams.get(name)
  if (upstream) return upstream
  throw new GatewayError('AGW_UPSTREAM_NOT_FOUND', { detail: `No upstream named '${name}'` })
}

/** The request in the terms of whoever serves it. */
export function targetOf(request: RoutedRequest): RequestTarget {
  const { method, gateway, context } = request
  if (context?.target) return context.target
  // Decoded, as routers read it.
  const path = decoded(pathOf(request))
  const chosen = gateway.upstreams.get(chosenName(request)?.name ?? '')
  if (chosen) return { method, path, relayedTo: chosen }
  const [, name = '', rest = ''] = /^\/upstreams\/([^/]+)(\/.*)$/.exec(path) ?? []
  const named = gateway.upstreams.get(name)
  return named ? { method, path: rest, relayedTo: named } : { method, path }
}

/** The component whose route is asked for: the same one, whether callers use its id or that of its upstream. */
export function targetComponent(
  { path, relayedTo, component }: RequestTarget,
  { gateway }: Pick<RoutedRequest, 'gateway'>,
): TargetComponent | undefined {
  if (component) return component
  const { kind, id } = componentIn(path) ?? {}
  if (kind === undefined || id === undefined) return undefined
  if (relayedTo === undefined) return { kind, id }
  const known = gateway.discovery.current.idOf(kind, relayedTo, id)
  // One that nobody owns here is still counted for itself.
  return { kind, id: known ?? `${relayedTo.name}/${id}` }
}
