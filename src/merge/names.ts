/** Ids as callers use them and ids as an upstream uses them: prefixes and aliases, wherever an id names a component. */
import type { ComponentKind } from '../../config/types.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { COMPONENT_KINDS } from '../catalogue/catalogue.ts'
import { prefixed, unprefixed } from '../catalogue/databases.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Rename } from './rename-json.ts'
import { renameJson } from './rename-json.ts'

/** Query parameters and JSON members that name a component, and of which kind it may be. */
export const COMPONENT_KEYS: ReadonlyMap<string, readonly ComponentKind[]> = new Map([
  ['agent_id', ['agents']],
  ['team_id', ['teams']],
  ['workflow_id', ['workflows']],
  ['component_id', COMPONENT_KINDS],
])
/** Members that name a database or knowledge base. */
const DATABASE_KEYS = new Set(['db_id', 'os_database', 'databases', 'knowledge_id'])
/** Whose `id` names a component. */
const OWNER_KINDS: ReadonlyMap<string, readonly ComponentKind[]> = new Map([
  ['agents', ['agents']],
  ['agent', ['agents']],
  ['teams', ['teams']],
  ['team', ['teams']],
  ['workflows', ['workflows']],
  ['workflow', ['workflows']],
  ['members', ['agents', 'teams']],
])
/** What a schedule calls: a path below a component. */
const COMPONENT_PATH = /^\/(agents|teams|workflows)\/([^/?]+)/

/** The two ways of naming of one upstream. */
export class Names {
  readonly #catalogue: Catalogue
  readonly #upstream: Upstream
  /** This upstream, then those whose components may have written to its databases. */
  readonly #writers: readonly Upstream[]
  /** Every id is the same on both sides: texts may pass as they are. */
  readonly arePlain: boolean

  constructor(catalogue: Catalogue, upstream: Upstream) {
    this.#catalogue = catalogue
    this.#upstream = upstream
    this.#writers = [upstream, ...catalogue.databases.sharing(upstream)]
    this.arePlain =
      upstream.config.databasePrefix === '' &&
      this.#writers.every(({ config, name }) => config.prefix === '' && !catalogue.hasAlias(name))
  }

  /** An answer's JSON text under the ids callers use. @param owner member that the text stands in, such as `agents` */
  outward(text: string, owner = ''): string {
    return this.arePlain ? text : renameJson(text, this.#outward, { owner })
  }

  /**
   * A search filter, such as `{"op": "EQ", "key": "agent_id", "value": "x"}`, under the upstream's own ids.
   *
   * @see AgentOS `POST /traces/search`
   */
  filterInward(filter: unknown): unknown {
    if (Array.isArray(filter)) return filter.map((part) => this.filterInward(part))
    if (typeof filter !== 'object' || filter === null) return filter
    const { key, value } = filter as { key?: unknown; value?: unknown }
    if (typeof key !== 'string') {
      return Object.fromEntries(
        Object.entries(filter).map(([name, part]) => [name, this.filterInward(part)]),
      )
    }
    const renamed = (id: unknown) => (typeof id === 'string' ? (this.idInward(key, id) ?? id) : id)
    return { ...filter, value: Array.isArray(value) ? value.map(renamed) : renamed(value) }
  }

  /** An event's JSON text with the ids at its top level as callers use them. */
  eventOutward(text: string): string {
    return renameJson(text, this.#outward, { isShallow: true })
  }

  /** A request body's JSON text under the upstream's own ids. */
  inward(text: string): string {
    return this.arePlain ? text : renameJson(text, this.#inward)
  }

  /** A query, or a urlencoded form, under the upstream's own ids; what names nothing stays as it came. */
  queryInward(query: string): string {
    if (this.arePlain || query === '') return query
    return query.split('&').map(this.#pairInward).join('&')
  }

  /** The upstream's own id of a component that a member names. @param key such as `agent_id` */
  idInward(key: string, id: string): string | undefined {
    const kinds = COMPONENT_KEYS.get(key)
    return kinds && this.#idInward(kinds, id)
  }

  /** The id callers use for a component of the upstream; unchanged where nobody knows it. */
  idOutward(kind: ComponentKind, id: string): string {
    return this.#idOutward([kind], id) ?? id
  }

  /** The id callers use for a component of whatever kind; unchanged where nobody knows it. */
  anyOutward(id: string): string {
    return this.#idOutward(COMPONENT_KINDS, id) ?? id
  }

  readonly #outward: Rename = (key, value, owner) => {
    if (DATABASE_KEYS.has(key)) return prefixed(this.#upstream, value)
    if (key === 'endpoint') return this.#pathOutward(value)
    if (key === 'id' && owner === 'knowledge_instances') return prefixed(this.#upstream, value)
    const kinds = COMPONENT_KEYS.get(key) ?? (key === 'id' ? OWNER_KINDS.get(owner) : undefined)
    return kinds && this.#idOutward(kinds, value)
  }

  readonly #inward: Rename = (key, value) => {
    if (DATABASE_KEYS.has(key)) return unprefixed(this.#upstream, value)
    if (key === 'endpoint') return this.pathInward(value)
    const kinds = COMPONENT_KEYS.get(key)
    return kinds && this.#idInward(kinds, value)
  }

  readonly #pairInward = (pair: string): string => {
    const [name, value] = [...new URLSearchParams(pair)][0] ?? []
    if (name === undefined || value === undefined) return pair
    const renamed = this.#inward(name, value, '')
    if (renamed === undefined || renamed === value) return pair
    return `${name}=${encodeURIComponent(renamed)}`
  }

  #idOutward(kinds: readonly ComponentKind[], id: string): string | undefined {
    for (const writer of this.#writers) {
      for (const kind of kinds) {
        const outward = this.#catalogue.idOf(kind, writer, id)
        if (outward !== undefined) return outward
      }
    }
    return undefined
  }

  #idInward(kinds: readonly ComponentKind[], id: string): string | undefined {
    for (const kind of kinds) {
      const remote = this.#catalogue.remote(kind, id)
      if (remote?.upstream === this.#upstream) return remote.upstreamId
    }
    return undefined
  }

  /** A path below a component, such as `/agents/ID/runs`, with the id of the upstream. */
  pathInward(path: string): string {
    return this.#path(path, (kind, id) => this.#idInward([kind], id))
  }

  #pathOutward(path: string): string {
    return this.#path(path, (kind, id) => this.#idOutward([kind], id))
  }

  #path(path: string, rename: (kind: ComponentKind, id: string) => string | undefined): string {
    return path.replace(COMPONENT_PATH, (whole, kind: ComponentKind, id: string) => {
      const renamed = rename(kind, decoded(id))
      return renamed === undefined ? whole : `/${kind}/${encodeURIComponent(renamed)}`
    })
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The {@link Names} of every upstream under the catalogue in force. */
export class NameBook {
  readonly #source: { readonly current: Catalogue }
  #catalogue: Catalogue | undefined
  #names = new Map<Upstream, Names>()

  /** @param source whose `current` is the catalogue in force */
  constructor(source: { readonly current: Catalogue }) {
    this.#source = source
  }

  of(upstream: Upstream): Names {
    if (this.#catalogue !== this.#source.current) {
      this.#catalogue = this.#source.current
      this.#names = new Map()
    }
    let names = this.#names.get(upstream)
    if (names === undefined) {
      names = new Names(this.#source.current, upstream)
      this.#names.set(upstream, names)
    }
    return names
  }
}
