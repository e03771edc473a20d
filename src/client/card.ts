/** Reads members of cards and of AgentOS's config, in the forms of all AgentOS releases. */

/** The part of AgentOS's `GET /config` that names databases and tables. Unknown members are kept. */
export interface OsConfig {
  readonly [section: string]: unknown
}

/** A knowledge base in `/config`. */
interface KnowledgeInstance {
  readonly id?: unknown
  readonly db_id?: unknown
  readonly table?: unknown
}

/**
 * The tools of a card. Releases before 3 send the list as JSON text inside `tools.tools`.
 *
 * @returns undefined for a card without tools, or with tools in an unknown form
 */
export function toolsOf(
  tools: { readonly tools?: unknown } | null | undefined,
): Record<string, unknown>[] | undefined {
  const list = tools?.tools
  const parsed = typeof list === 'string' ? jsonOrUndefined(list) : list
  return Array.isArray(parsed) ? (parsed as Record<string, unknown>[]) : undefined
}

/** First table of a database in a section of the config (`session`, `memory` …). */
export function tableIn(
  config: OsConfig | undefined,
  section: string,
  dbId: string,
): string | undefined {
  for (const db of listIn(config?.[section], 'dbs')) {
    if (db['db_id'] !== dbId) continue
    const tables = db['tables']
    return Array.isArray(tables) && typeof tables[0] === 'string' ? tables[0] : undefined
  }
  return undefined
}

/** Id of the only knowledge base in a database (and table, if given); undefined for several. */
export function knowledgeIdIn(
  config: OsConfig | undefined,
  dbId: string,
  table: string | undefined,
): string | undefined {
  const found = listIn(config?.['knowledge'], 'knowledge_instances').filter(
    (instance: KnowledgeInstance) =>
      instance.db_id === dbId && (table === undefined || instance.table === table),
  )
  const id = found.length === 1 ? found[0]?.['id'] : undefined
  return typeof id === 'string' ? id : undefined
}

function listIn(section: unknown, name: string): Record<string, unknown>[] {
  if (typeof section !== 'object' || section === null) return []
  const list = (section as Record<string, unknown>)[name]
  return Array.isArray(list) ? (list as Record<string, unknown>[]) : []
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
