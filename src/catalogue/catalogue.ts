/** Holds which upstream owns which component: an immutable snapshot, rebuilt on every change and replaced as a whole. */
import type { ComponentConfig, ComponentKind, GatewayConfig } from '../../config/types.ts'
import { BaseRemote } from '../remote/base-remote.ts'
import type { ConfigCache } from '../remote/config-cache.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Databases } from './databases.ts'

export const COMPONENT_KINDS: readonly ComponentKind[] = ['agents', 'teams', 'workflows']

/** Component ids that an upstream has listed. */
export type KnownIds = Readonly<Record<ComponentKind, ReadonlySet<string>>>

/** A component whose id an earlier upstream already has. */
export interface Shadowed {
  readonly kind: ComponentKind
  readonly id: string
  readonly upstream: string
  readonly owner: string
}

export class Catalogue {
  /** In config order. */
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** The upstreams with the routes of an AgentOS, not only components. In config order. */
  readonly agentOses: readonly Upstream[]
  readonly shadowed: readonly Shadowed[]
  readonly databases: Databases
  readonly #remotes: Readonly<Record<ComponentKind, ReadonlyMap<string, BaseRemote>>>
  readonly #aliases: ReadonlyMap<string, string>
  readonly #aliased: ReadonlySet<string>

  /**
   * @param known ids listed by each upstream, by its name
   * @param databases known databases of the upstreams
   */
  constructor(
    config: GatewayConfig,
    upstreams: ReadonlyMap<string, Upstream>,
    known: ReadonlyMap<string, KnownIds>,
    cache: ConfigCache,
    databases: Databases,
  ) {
    const remotes = {
      agents: new Map<string, BaseRemote>(),
      teams: new Map<string, BaseRemote>(),
      workflows: new Map<string, BaseRemote>(),
    }
    const aliases = new Map<string, string>()
    const shadowed: Shadowed[] = []
    for (const component of config.components) {
      const upstream = upstreams.get(component.upstream)
      if (upstream === undefined) continue
      const { kind, id, upstreamId } = component
      aliases.set(aliasKey(kind, upstream.name, upstreamId), id)
      remotes[kind].set(id, new BaseRemote(kind, { ...bindingOf(component), upstream, cache }))
    }
    for (const upstream of upstreams.values()) {
      if (!upstream.config.discover) continue
      const ids = known.get(upstream.name)
      for (const kind of COMPONENT_KINDS) {
        for (const upstreamId of ids?.[kind] ?? []) {
          if (aliases.has(aliasKey(kind, upstream.name, upstreamId))) continue
          const id = upstream.config.prefix + upstreamId
          const owner = remotes[kind].get(id)
          if (owner) {
            shadowed.push({ kind, id, upstream: upstream.name, owner: owner.upstream.name })
          } else {
            remotes[kind].set(id, new BaseRemote(kind, { upstream, upstreamId, id, cache }))
          }
        }
      }
    }
    this.upstreams = upstreams
    this.agentOses = [...upstreams.values()].filter(({ isAgentOs }) => isAgentOs)
    this.shadowed = shadowed
    this.#remotes = remotes
    this.databases = databases
    this.#aliases = aliases
    this.#aliased = new Set(
      config.components
        .filter(({ id, upstreamId }) => id !== upstreamId)
        .map(({ upstream }) => upstream),
    )
  }

  /** The owner of a component, by its id at the gateway. */
  remote(kind: ComponentKind, id: string): BaseRemote | undefined {
    return this.#remotes[kind].get(id)
  }

  remotes(kind: ComponentKind): Iterable<BaseRemote> {
    return this.#remotes[kind].values()
  }

  /** Returns whether a component of the upstream has an alias. @param upstream its name */
  hasAlias(upstream: string): boolean {
    return this.#aliased.has(upstream)
  }

  /** The id at the gateway of a component of an upstream; undefined when the upstream does not own it. */
  idOf(kind: ComponentKind, upstream: Upstream, upstreamId: string): string | undefined {
    const alias = this.#aliases.get(aliasKey(kind, upstream.name, upstreamId))
    const id = alias ?? upstream.config.prefix + upstreamId
    const owner = this.#remotes[kind].get(id)
    return owner?.upstream === upstream && owner.upstreamId === upstreamId ? id : undefined
  }
}

function bindingOf({ id, upstreamId, timeoutMs, configTtlMs, onDisconnect }: ComponentConfig) {
  return { id, upstreamId, timeoutMs, configTtlMs, onDisconnect }
}

function aliasKey(kind: ComponentKind, upstream: string, upstreamId: string): string {
  return `${kind}\n${upstream}\n${upstreamId}`
}
