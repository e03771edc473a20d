/** Finds the upstream that serves an interface beside the AgentOS API, such as A2A, AG-UI or Slack. */

import type { ComponentKind } from '../../config/types.ts'
import { percentEncoded } from '../parameters/path.ts'
import type { BaseRemote } from '../remote/base-remote.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Catalogue } from './catalogue.ts'
import type { AnnouncedInterface } from './os-config.ts'

/** A2A paths contain a component, so several upstreams can announce the same route. */
const COMPONENT = /^\/(agents|teams|workflows)\/([^/]+)/

/** The owner of an interface path. */
export interface InterfaceOwner {
  readonly upstream: Upstream
  /** Path in the upstream's own ids. */
  readonly path: string
}

/** Path prefixes of an interface. */
function prefixesOf({ type, route }: AnnouncedInterface): readonly string[] {
  if (type === 'agui') return [`${route}/agui`, `${route}/status`]
  return route === '' ? [] : [route]
}

function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

/** Upstreams that announce an interface at this path, each with the interface. */
function announcers(catalogue: Catalogue, path: string): [Upstream, AnnouncedInterface][] {
  return [...catalogue.upstreams.values()].flatMap((upstream) => {
    const { interfaces = [] } = catalogue.databases.configOf(upstream) ?? {}
    const found = interfaces.find((one) => prefixesOf(one).some((prefix) => isUnder(path, prefix)))
    return found ? [[upstream, found] as [Upstream, AnnouncedInterface]] : []
  })
}

/**
 * The only upstream with an interface at this path; of several with A2A, the owner of the component.
 *
 * @param path without the query
 */
export function interfaceAt(catalogue: Catalogue, path: string): InterfaceOwner | undefined {
  const found = announcers(catalogue, path)
  const [only, another] = found
  if (only === undefined) return undefined
  const [upstream, { type, route }] = only
  const remote = type === 'a2a' ? componentIn(catalogue, path.slice(route.length)) : undefined
  if (remote === undefined) return another ? undefined : { upstream, path }
  if (!found.some(([announcer]) => announcer === remote.upstream)) return undefined
  const below = path.slice(route.length).replace(COMPONENT, '')
  return { upstream: remote.upstream, path: route + remote.path + below }
}

function componentIn(catalogue: Catalogue, path: string): BaseRemote | undefined {
  const [, kind, id] = COMPONENT.exec(path) ?? []
  if (kind === undefined || id === undefined) return undefined
  return catalogue.remote(kind as ComponentKind, decodeURIComponent(id))
}

/** The route of an upstream's interface at the gateway: its own where it is unambiguous, else below the upstream. */
export function reachableRoute(
  catalogue: Catalogue,
  upstream: Upstream,
  announced: AnnouncedInterface,
): string {
  const { type, route } = announced
  const below = `/upstreams/${percentEncoded(upstream.name)}${route}`
  const prefixes = prefixesOf(announced)
  if (prefixes.length === 0) return below
  const others = prefixes.flatMap((prefix) =>
    announcers(catalogue, prefix).filter(([announcer]) => announcer !== upstream),
  )
  const isClear =
    type === 'a2a' ? others.every(([, other]) => other.type === 'a2a') : others.length === 0
  return isClear ? route : below
}
