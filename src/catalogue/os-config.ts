/** Reads an upstream's `/config`: its databases, knowledge bases and interfaces. */

/** Parts of an AgentOS that store data in databases; each is a member of `/config`. */
export type Domain = 'session' | 'memory' | 'metrics' | 'learning' | 'evals' | 'traces'

/** An interface such as A2A or Slack, as `/config` announces it. */
export interface AnnouncedInterface {
  readonly type: string
  /** Path prefix without a trailing slash; empty for an interface at the root. */
  readonly route: string
}

/** The configuration in the upstream's own ids. */
export interface OsConfig {
  /** Every database that its routes accept. */
  readonly databases: readonly string[]
  /** The database of the AgentOS itself: approvals, schedules, components, service accounts. */
  readonly systemDatabase: string | undefined
  /** Databases of each domain, where `/config` names them. */
  readonly domains: Readonly<Partial<Record<Domain, readonly string[]>>>
  /** Knowledge ids, each with its database. */
  readonly knowledge: readonly (readonly [id: string, databaseId: string])[]
  readonly interfaces: readonly AnnouncedInterface[]
}

const DOMAINS: readonly Domain[] = ['session', 'memory', 'metrics', 'learning', 'evals', 'traces']

/**
 * Reads `/config`. Missing members and members of another shape are ignored.
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
