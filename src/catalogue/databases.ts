/** Finds the upstreams that have a database or knowledge base, by ids at the gateway. */
import type { Upstream } from '../upstream/upstream.ts'
import type { Domain, OsConfig } from './os-config.ts'

/** An owner of a database or knowledge base, with its id at the upstream. */
export interface Owner {
  readonly upstream: Upstream
  readonly upstreamId: string
}

type Owners = ReadonlyMap<string, readonly Owner[]>

/** A snapshot. An id that two upstreams announce is one database, unless `database_prefix` separates them. */
export class Databases {
  readonly #configs: ReadonlyMap<Upstream, OsConfig>
  readonly #databases: Owners
  readonly #knowledge: Owners

  /** @param configs known configuration of each upstream, in config order */
  constructor(configs: ReadonlyMap<Upstream, OsConfig>) {
    this.#configs = configs
    this.#databases = ownersOf(configs, ({ databases }) => databases)
    this.#knowledge = ownersOf(configs, ({ knowledge }) => knowledge.map(([id]) => id))
  }

  /** Undefined for an upstream that has not answered yet. */
  configOf(upstream: Upstream): OsConfig | undefined {
    return this.#configs.get(upstream)
  }

  /** Owners of a database, in config order. */
  ownersOf(id: string): readonly Owner[] {
    return this.#databases.get(id) ?? []
  }

  /** Owners of a knowledge base, in config order. */
  knowledgeOwners(id: string): readonly Owner[] {
    return this.#knowledge.get(id) ?? []
  }

  /** Every distinct knowledge base. */
  get knowledge(): Owners {
    return this.#knowledge
  }

  /** Every distinct database of a domain. */
  inDomain(domain: Domain): Owners {
    return ownersOf(this.#configs, (configs) => configs.domains[domain] ?? configs.databases)
  }

  /** Other upstreams that have a database in common with this one. */
  sharing(upstream: Upstream): readonly Upstream[] {
    const others = new Set<Upstream>()
    for (const owners of this.#databases.values()) {
      if (!owners.some((owner) => owner.upstream === upstream)) continue
      for (const owner of owners) if (owner.upstream !== upstream) others.add(owner.upstream)
    }
    return [...others]
  }

  /** Groups of upstreams that share the database of the AgentOS itself; an upstream without one is a group of its own. */
  systems(): readonly (readonly Upstream[])[] {
    const groups = new Map<string, Upstream[]>()
    for (const [upstream, { systemDatabase }] of this.#configs) {
      const key = systemDatabase
        ? `database ${prefixed(upstream, systemDatabase)}`
        : `upstream ${upstream.name}`
      const group = groups.get(key)
      if (group) group.push(upstream)
      else groups.set(key, [upstream])
    }
    return [...groups.values()]
  }
}

/** The id at the gateway of a database or knowledge base of an upstream. */
export function prefixed(upstream: Upstream, id: string): string {
  return upstream.config.databasePrefix + id
}

/** The id at the upstream; unchanged for an id without the prefix. */
export function unprefixed(upstream: Upstream, id: string): string {
  const { databasePrefix } = upstream.config
  return id.startsWith(databasePrefix) ? id.slice(databasePrefix.length) : id
}

function ownersOf(
  configs: ReadonlyMap<Upstream, OsConfig>,
  idsIn: (configs: OsConfig) => readonly string[],
): Owners {
  const owners = new Map<string, Owner[]>()
  for (const [upstream, known] of configs) {
    for (const upstreamId of new Set(idsIn(known))) {
      const id = prefixed(upstream, upstreamId)
      const earlier = owners.get(id)
      if (earlier) earlier.push({ upstream, upstreamId })
      else owners.set(id, [{ upstream, upstreamId }])
    }
  }
  return owners
}
