/** Reads the target of a request from its path, query and headers, for authorization and for limits. */

import type { IncomingHttpHeaders } from 'node:http'
import type { RequestTarget, TargetComponent } from './authorization/authorizer.ts'
import { componentIn } from './authorization/route-rules.ts'
import { GatewayError } from './errors.ts'
import type { Gateway } from './gateway.ts'
import { ambiguous } from './parameters/deciding.ts'
import { decoded, withoutEndSlashes } from './parameters/path.ts'
import { queryPairs, withoutPairs } from './parameters/query.ts'
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
  readonly context?: {
    /** Target of a face's request. */
    readonly target: RequestTarget | undefined
    /** Keeps the target of the URL once it has been read. */
    urlTarget: RequestTarget | undefined
  }
}

/** Path of the relayed request target, without the query. */
export function pathOf({
  raw: { url = '' },
}: {
  readonly raw: { readonly url?: string | undefined }
}): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** The path in normal form, for authorization, counting and logging. */
export function normalPathOf(request: Pick<NamingRequest, 'raw'>): string {
  return withoutEndSlashes(pathOf(request))
}

/** The upstream that the caller chose, and the target without that choice. */
interface ChosenName {
  readonly name: string
  readonly path: string
}

/** @returns undefined where the caller names none */
export function chosenName(request: NamingRequest): ChosenName | undefined {
  const [name] = namesIn(request)
  if (name === undefined) return undefined
  return { name, path: withoutPairs(request.raw.url ?? '', 'upstream') }
}

const NO_NAMES: readonly string[] = []

/** Names that the header and the query give, in this order. */
function namesIn({ headers, raw: { url = '' } }: NamingRequest): readonly string[] {
  const header = headers['x-agentos-upstream']
  const query = url.indexOf('?')
  if (header === undefined && query === -1) return NO_NAMES
  const names = typeof header === 'string' ? [header] : []
  if (query === -1 || !MAY_CHOOSE.test(url)) return names
  return [...names, ...queryPairs(url.slice(query + 1)).getAll('upstream')]
}

/** A query that may contain the parameter, plain or percent-encoded. */
const MAY_CHOOSE = /upstream|%[67]/i

/** Two different upstreams are named, by the header and the query or by the query alone. */
export function choiceFault(request: NamingRequest): GatewayError | undefined {
  const names = namesIn(request)
  if (names.length < 2) return undefined
  const different = new Set(names)
  return different.size > 1 ? ambiguous('query', 'upstream', [...different]) : undefined
}

/** @throws {GatewayError} `AGW_UPSTREAM_NOT_FOUND` */
export function upstreamNamed(upstreams: ReadonlyMap<string, Upstream>, name: string): Upstream {
  const upstream = upstreams.get(name)
  if (upstream) return upstream
  throw new GatewayError('AGW_UPSTREAM_NOT_FOUND', { detail: `No upstream named '${name}'` })
}

/** The request as the serving AgentOS reads it. Computed once, so that authorization and counting use the same value. */
export function targetOf(request: RoutedRequest): RequestTarget {
  const { context } = request
  if (context === undefined) return readTarget(request)
  if (context.target) return context.target
  context.urlTarget ??= readTarget(request)
  return context.urlTarget
}

function readTarget(request: RoutedRequest): RequestTarget {
  const { method, gateway } = request
  // Decoded, as in routers.
  const path = decoded(normalPathOf(request))
  const chosen = gateway.upstreams.get(chosenName(request)?.name ?? '')
  if (chosen) return { method, path, relayedTo: chosen }
  const [, name = '', rest = ''] = /^\/upstreams\/([^/]+)(\/.*)?$/.exec(path) ?? []
  const named = gateway.upstreams.get(name)
  return named ? { method, path: rest || '/', relayedTo: named } : { method, path }
}

/** Requests of an A2A interface about one component. */
const A2A_COMPONENT = /(\/(?:agents|teams|workflows)\/[^/]+)\/v1\/(?:message|tasks):\w+$/

/** The component of the route, for its public id and for its upstream id. */
export function targetComponent(
  { path, relayedTo, component }: RequestTarget,
  { gateway }: Pick<RoutedRequest, 'gateway'>,
): TargetComponent | undefined {
  if (component) return component
  const { kind, id } = componentIn(A2A_COMPONENT.exec(path)?.[1] ?? path) ?? {}
  if (kind === undefined || id === undefined) return undefined
  if (relayedTo === undefined) return { kind, id }
  const known = gateway.discovery.current.idOf(kind, relayedTo, id)
  // A component that no upstream owns is counted under a separate key.
  return { kind, id: known ?? `${relayedTo.name}/${id}` }
}
