/**
 * Resolves the upstream of a request for data: by the ids that the request names, else by all upstreams that can serve
 * it.
 */
import type { ComponentKind } from '../../config/types.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Catalogue } from './catalogue.ts'
import type { Owner } from './databases.ts'
import type { DataTarget } from './id-location-cache.ts'
import type { Domain } from './os-config.ts'

/**
 * The set of targets for a request that names none: the databases of a domain, the knowledge bases, the AgentOS
 * instances by their own database, or all upstreams.
 */
export type Scope = Domain | 'knowledge' | 'systems' | 'upstreams'

/** The targets that a request names, by ids at the gateway. */
export interface NamedTargets {
  /** `x-agentos-upstream` or `?upstream=`. */
  readonly upstream?: Upstream | undefined
  readonly knowledgeId?: string | undefined
  readonly databaseId?: string | undefined
  /** Components, each with its possible kinds. */
  readonly components?: readonly (readonly [kinds: readonly ComponentKind[], id: string])[]
  /** Cached location of an id in the request. */
  readonly cached?: DataTarget | undefined
}

/** The result of a resolution. */
export type Resolution =
  /** `isGuess`: the location comes from the cache; on a 404 the other targets are asked. */
  | { readonly at: 'one'; readonly target: DataTarget; readonly isGuess: boolean }
  /** Each of the targets can serve it. */
  | { readonly at: 'several'; readonly targets: readonly DataTarget[] }
  /** The named object is at no known target. */
  | { readonly at: 'nowhere'; readonly of: 'database' | 'knowledge'; readonly id: string }

/** Options of a resolution. */
export interface ResolveOptions {
  readonly scope: Scope
  /** Whether an upstream has an available replica; the first such owner is taken. */
  isAvailable(upstream: Upstream): boolean
}

/**
 * Resolves in this order: the named upstream, the only upstream, the owner of the knowledge base or database, the owner
 * of the component, the cached location of an id, the only upstream that can serve the request; else all that can.
 */
export function resolve(
  catalogue: Catalogue,
  named: NamedTargets,
  options: ResolveOptions,
): Resolution {
  if (named.upstream) return one({ upstream: named.upstream })
  const [only, another] = catalogue.agentOses
  if (only && !another) return one({ upstream: only })
  const owner = ownerOfComponent(catalogue, named)
  if (named.knowledgeId) {
    const owners = catalogue.databases.knowledgeOwners(named.knowledgeId)
    return ofOwners(owners, owner, options) ?? nowhere('knowledge', named.knowledgeId)
  }
  if (named.databaseId) {
    const owners = catalogue.databases.ownersOf(named.databaseId)
    return ofOwners(owners, owner, options) ?? nowhere('database', named.databaseId)
  }
  if (owner) return several(targetsAt(catalogue, owner, options.scope), { upstream: owner })
  if (named.cached) return { at: 'one', target: named.cached, isGuess: true }
  return several(everyTarget(catalogue, options))
}

function one(target: DataTarget): Resolution {
  return { at: 'one', target, isGuess: false }
}

function several(found: readonly DataTarget[], fallback?: DataTarget): Resolution {
  const [first, another] = found
  if (first === undefined && fallback !== undefined) return one(fallback)
  return first && !another ? one(first) : { at: 'several', targets: found }
}

function nowhere(of: 'database' | 'knowledge', id: string): Resolution {
  return { at: 'nowhere', of, id }
}

/** The upstream of a named component among the owners, else the first available one. */
function ofOwners(
  owners: readonly Owner[],
  preferred: Upstream | undefined,
  { isAvailable }: ResolveOptions,
): Resolution | undefined {
  const owner =
    owners.find(({ upstream }) => upstream === preferred) ??
    owners.find(({ upstream }) => isAvailable(upstream)) ??
    owners[0]
  return owner && one({ upstream: owner.upstream })
}

function ownerOfComponent(
  catalogue: Catalogue,
  { components = [] }: NamedTargets,
): Upstream | undefined {
  for (const [kinds, id] of components) {
    for (const kind of kinds) {
      const remote = catalogue.remote(kind, id)
      if (remote?.upstream.isAgentOs) return remote.upstream
    }
  }
  return undefined
}

/** Every target in the scope, once each, at its first available owner, and every upstream whose databases are unknown. */
export function everyTarget(
  catalogue: Catalogue,
  { scope, isAvailable }: ResolveOptions,
): DataTarget[] {
  const { databases, agentOses: all } = catalogue
  if (scope === 'upstreams') return all.map((upstream) => ({ upstream }))
  const first = <T extends { upstream: Upstream }>(owners: readonly T[]): T =>
    owners.find(({ upstream }) => isAvailable(upstream)) ?? (owners[0] as T)
  const silent = all.filter((upstream) => databases.configOf(upstream) === undefined)
  const found: DataTarget[] = []
  if (scope === 'systems') {
    for (const group of databases.systems())
      found.push(first(group.map((upstream) => ({ upstream }))))
  } else {
    const owned = scope === 'knowledge' ? databases.knowledge : databases.inDomain(scope)
    for (const owners of owned.values()) found.push(targetOf(catalogue, first(owners), scope))
  }
  found.push(...silent.map((upstream) => ({ upstream })))
  // No upstream has any: each answers in its own words.
  return found.length > 0 ? found : all.map((upstream) => ({ upstream }))
}

/** Targets in the scope at one upstream. */
function targetsAt(catalogue: Catalogue, upstream: Upstream, scope: Scope): DataTarget[] {
  if (scope === 'upstreams' || scope === 'systems') return [{ upstream }]
  const owned =
    scope === 'knowledge' ? catalogue.databases.knowledge : catalogue.databases.inDomain(scope)
  return [...owned.values()]
    .flat()
    .filter((owner) => owner.upstream === upstream)
    .map((owner) => targetOf(catalogue, owner, scope))
}

/** An id is sent only where the upstream has several: its databases can change between requests. */
function targetOf(
  catalogue: Catalogue,
  { upstream, upstreamId }: Owner,
  scope: Domain | 'knowledge',
): DataTarget {
  const osConfig = catalogue.databases.configOf(upstream)
  if (scope === 'knowledge') {
    return (osConfig?.knowledge.length ?? 0) > 1
      ? { upstream, knowledgeId: upstreamId }
      : { upstream }
  }
  return (osConfig?.databases.length ?? 0) > 1 ? { upstream, databaseId: upstreamId } : { upstream }
}
