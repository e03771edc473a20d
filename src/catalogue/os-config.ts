/** What an upstream's `/config` says about where its data lives and what stands beside the AgentOS API. */

/** Parts of the AgentOS that keep their data in databases; also members of `/config`. */
export type Domain = 'session' | 'memory' | 'metrics' | 'learning' | 'evals' | 'traces'

/** An interface such as A2A or Slack, as announced. */
export interface AnnouncedInterface {
  readonly type: string
  /** Path prefix, without a trailing slash; empty for one that stands at the root. */
  readonly route: string
}

/** In the upstream's own ids. */
export interface OsConfig {
  /** Every database its routes can be asked about. */
  readonly databases: readonly string[]
  /** The database of the AgentOS itself: approvals, schedules, components, service accounts. */
  readonly systemDatabase: string | undefined
  /** Databases of a domain, where that is said. */
  readonly domains: Readonly<Partial<Record<Domain, readonly string[]>>>
  /** Knowledge id and the database it is in. */
  readonly knowledge: readonly (readonly [id: string, databaseId: string])[]
  readonly interfaces: readonly AnnouncedInterface[]
}

const DOMAINS: readonly Domain[] = ['session', 'memory', 'metrics', 'learning', 'evals', 'traces']

/**
 * Reads `/config`; what is missing or of another shape is taken as not said.
 *
 * @see AgentOS `GET /config`
 */
export function readOsConfig(config: unknown): OsConfig {
  const members = objectOf(config)
  const domains = Object.fromEntries(
    DOMAINS.map(
      (domain) => [domain, databaseIds(objectOf(members[domain])['dbs'])] as const,
    ).filter(([, ids]) => ids.length > 0),
  )
  const listed = strings(members['databases'])
  const systemDatabase = members['os_database']
  const databases = new Set([...listed, ...Object.values(domains).flat()])
  return {
    databases: [...databases],
    systemDatabase: typeof systemDatabase === 'string' ? systemDatabase : undefined,
    domains,
    knowledge: list(objectOf(members['knowledge'])['knowledge_instances']).flatMap((instance) => {
      const { id, db_id: databaseId } = objectOf(instance)
      return typeof id === 'string' ? [[id, String(databaseId ?? '')] as const] : []
    }),
    interfaces: list(members['interfaces']).flatMap((announced) => {
      const { type, route } = objectOf(announced)
      if (typeof type !== 'string' || typeof route !== 'string') return []
      return [{ type, route: route.replace(/\/+$/, '') }]
    }),
  }
}

function databaseIds(databases: unknown): string[] {
  return list(databases).flatMap((database) => {
    const id = objectOf(database)['db_id']
    return typeof id === 'string' ? [id] : []
  })
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function strings(value: unknown): string[] {
  return list(value).filter((item) => typeof item === 'string')
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
