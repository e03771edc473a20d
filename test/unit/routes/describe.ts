/** Describes the route table in words, as `routes/README.md` shows it. */
import { readFileSync } from 'node:fs'
import type { AmbiguityStrategy, Row } from '../../../routes/data/row.ts'
import { ROWS } from '../../../routes/data/rows.ts'

/** One operation of an AgentOS. */
export interface Operation {
  readonly method: string
  /** Parameters are written as `{name}`. */
  readonly path: string
}

/** Returns the recorded operations of an AgentOS release. @see test/fixtures/routes */
export function operationsOf(release: string): Operation[] {
  const file = new URL(`../../fixtures/routes/agno-${release}.txt`, import.meta.url)
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [method = '', path = ''] = line.split(/\s+/)
      return { method, path }
    })
}

/** Returns a row's path in AgentOS's notation. */
export function agentOsPath({ path }: Row): string {
  return path.replace(/:(\w+)/g, '{$1}').replace('/media/*', '/media/{storage_key}')
}

/** Returns whether AgentOS lists the row's route only when an optional feature is on. */
export function isFeature(row: Row): boolean {
  return row.path.startsWith('/queue/') || row.path.startsWith('/components/')
}

const SCOPES: Readonly<Record<Row['scope'], string>> = {
  session: 'database',
  memory: 'database',
  metrics: 'database',
  learning: 'database',
  evals: 'database',
  traces: 'database',
  knowledge: 'knowledge base',
  systems: 'AgentOS',
  upstreams: 'upstream',
}

/** Returns how the upstream of a row's requests is found, in the order tried. */
function wayOf(row: Row): string {
  const named = row.path.includes(':db_id') || row.path.includes(':knowledge_id') ? 'path; ' : ''
  const ids = row.scope === 'knowledge' ? '`db_id`, `knowledge_id`; ' : '`db_id`; '
  const isData = row.scope !== 'systems' && row.scope !== 'upstreams'
  const seen = row.id ? `${row.id[0]} seen before; ` : ''
  return `${named}${isData ? ids : ''}component; ${seen}the only ${SCOPES[row.scope]}`
}

/** Returns how a request is answered when several upstreams remain. */
export function outcomeOf({ whenAmbiguous, scope }: Row): string {
  const every = `every ${SCOPES[scope]}`
  const words: Record<AmbiguityStrategy['strategy'], string> = {
    page: `${every}, merged${orderOf(whenAmbiguous)}`,
    sum: `${every}, summed`,
    first: `${every}, the first 200`,
    find: 'the one that has it, else 400',
    split: 'each has its own ids deleted, else 400',
    each: 'every database, each once',
    refuse: '400',
  }
  return words[whenAmbiguous.strategy]
}

function orderOf(ambiguous: AmbiguityStrategy): string {
  if (ambiguous.strategy !== 'page' || !ambiguous.order) return ''
  const { by, direction = 'desc', isSortable } = ambiguous.order
  const rows = ambiguous.rows ? ` by \`${ambiguous.rows.by}\`` : ''
  const order = `${rows}, \`${by.join('`, `')}\` ${direction}`
  return isSortable ? `${order} unless \`sort_by\`` : order
}

/** Operations that are served outside the route table. */
const OTHERS: readonly (readonly [RegExp, string, string])[] = [
  [/^GET \/(?:agents|teams|workflows)$/, 'every upstream, merged', '–'],
  [/ \/(?:agents|teams|workflows)\/\{/, 'owner of the component', 'first in config order'],
  [/^GET \/(?:config|info|models)$/, 'every upstream, merged', '–'],
  [/^GET \/(?:health)?$/, 'the gateway itself', '–'],
]

/** Returns how an operation outside the table is served; undefined when no route serves it. */
export function otherOf({ method, path }: Operation): readonly [string, string] | undefined {
  const [, way, outcome] = OTHERS.find(([pattern]) => pattern.test(`${method} ${path}`)) ?? []
  return way === undefined || outcome === undefined ? undefined : [way, outcome]
}

/** Returns every line of the table in routes/README.md. */
export function lines(): string[] {
  const releases = ['2.9.0', '3.1.10'].map((release) => ({
    release,
    keys: new Set(operationsOf(release).map(({ method, path }) => `${method} ${path}`)),
  }))
  const inTable = ROWS.map((row) => {
    return { method: row.method, path: agentOsPath(row), words: [wayOf(row), outcomeOf(row)] }
  })
  const keysInTable = new Set(inTable.map(({ method, path }) => `${method} ${path}`))
  const others = [...new Set(releases.flatMap(({ keys }) => [...keys]))]
    .filter((key) => !keysInTable.has(key))
    .map((key) => {
      const [method = '', path = ''] = key.split(' ')
      return { method, path, words: otherOf({ method, path }) ?? [] }
    })
  return [...others, ...inTable].map(({ method, path, words }) => {
    const served = releases.filter(({ keys }) => keys.has(`${method} ${path}`))
    const release =
      served.length === releases.length ? 'both' : (served[0]?.release ?? 'with the feature on')
    return `| \`${method} ${path}\` | ${release} | ${words.join(' | ')} |`
  })
}
