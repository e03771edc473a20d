/** Interfaces beside the AgentOS API (A2A, AG-UI, Slack …): who has which path. */
import type { ComponentKind } from '../../config/types.ts'
import type { BaseRemote } from '../remote/base-remote.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Catalogue } from './catalogue.ts'
import type { AnnouncedInterface } from './os-config.ts'

/** A2A paths name a component, so that several upstreams can have the same route. */
const COMPONENT = /^\/(agents|teams|workflows)\/([^/]+)/

/** Where an interface path leads. */
export interface InterfaceOwner {
  readonly upstream: Upstream
  /** In the upstream's own ids. */
  readonly path: string
}

/** The path prefixes under which an interface answers. */
function prefixesOf({ type, route }: AnnouncedInterface): readonly string[] {
  if (type === 'agui') return [`${route}/agui`, `${route}/status`]
  return route === '' ? [] : [route]
}

function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

/** Upstreams with an interface of which `path` is a part, and that interface. */
function announcers(catalogue: Catalogue, path: string): [Upstream, AnnouncedInterface][] {
  return [...catalogue.upstreams.values()].flatMap((upstream) => {
    const { interfaces = [] } = catalogue.databases.configOf(upstream) ?? {}
    const found = interfaces.find((one) => prefixesOf(one).some((prefix) => isUnder(path, prefix)))
    return found ? [[upstream, found] as [Upstream, AnnouncedInterface]] : []
  })
}

/**
 * The one upstream that has an interface at this path; of several with A2A, the owner of the component in it.
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

/** The route under which callers reach an interface of an upstream: its own where that is clear, else below the upstream. */
export function reachableRoute(
  catalogue: Catalogue,
  upstream: Upstream,
  announced: AnnouncedInterface,
): string {
  const { type, route } = announced
  const below = `/upstreams/${encodeURIComponent(upstream.name)}${route}`
  const prefixes = prefixesOf(announced)
  if (prefixes.length === 0) return below
  const others = prefixes.flatMap((prefix) =>
    announcers(catalogue, prefix).filter(([announcer]) => announcer !== upstream),
  )
  const isClear =
    type === 'a2a' ? others.every(([, other]) => other.type === 'a2a') : others.length === 0
  return isClear ? route : below
}
