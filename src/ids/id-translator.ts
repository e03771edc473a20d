/** Translates between public ids and the ids of one upstream, in bodies, queries and paths. */

import type { ComponentKind } from '../../config/types.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { COMPONENT_KINDS } from '../catalogue/catalogue.ts'
import { prefixed, unprefixed } from '../catalogue/databases.ts'
import type { Rename } from '../json/rename-json.ts'
import { renameJson, renameJsonInTurns } from '../json/rename-json.ts'
import { percentEncoded } from '../parameters/path.ts'
import { queryPairs } from '../parameters/query.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { renamedFilter } from './search-filter.ts'

/** Query parameters and JSON members that name a component, and of which kind it may be. */
export const COMPONENT_KEYS: ReadonlyMap<string, readonly ComponentKind[]> = new Map([
  ['agent_id', ['agents']],
  ['team_id', ['teams']],
  ['workflow_id', ['workflows']],
  ['component_id', COMPONENT_KINDS],
])
/** Members that name a database or knowledge base. */
const DATABASE_KEYS = new Set(['db_id', 'os_database', 'databases', 'knowledge_id'])
/** Objects whose `id` names a component. */
const OWNER_KINDS: ReadonlyMap<string, readonly ComponentKind[]> = new Map([
  ['agents', ['agents']],
  ['agent', ['agents']],
  ['teams', ['teams']],
  ['team', ['teams']],
  ['workflows', ['workflows']],
  ['workflow', ['workflows']],
  ['members', ['agents', 'teams']],
])
/** The endpoint of a schedule: a path below a component. */
const COMPONENT_PATH = /^\/(agents|teams|workflows)\/([^/?]+)/

/** Translates the ids of one upstream in both directions. */
export class IdTranslator {
  readonly #catalogue: Catalogue
  readonly #upstream: Upstream
  /** This upstream, then those whose components may have written to its databases. */
  readonly #writers: readonly Upstream[]
  /** All ids are equal on both sides, so texts pass unchanged. */
  readonly isIdentity: boolean

  constructor(catalogue: Catalogue, upstream: Upstream) {
    this.#catalogue = catalogue
    this.#upstream = upstream
    this.#writers = [upstream, ...catalogue.databases.sharing(upstream)]
    this.isIdentity =
      upstream.config.databasePrefix === '' &&
      this.#writers.every(({ config, name }) => config.prefix === '' && !catalogue.hasAlias(name))
  }

  /**
   * Replaces the upstream's ids in an answer's JSON text by public ids.
   *
   * @param owner name of the member that contains the text, such as `agents`
   */
  toClient(text: string, owner = ''): string {
    return this.isIdentity ? text : renameJson(text, this.#renameToClient, { owner })
  }

  /** {@link toClient} for the bytes of a long text, in turns. */
  async bytesToClient(bytes: Buffer, owner = ''): Promise<Buffer> {
    return this.isIdentity ? bytes : renameJsonInTurns(bytes, this.#renameToClient, { owner })
  }

  /** The JSON text of a search filter under the upstream's own ids. */
  filterToUpstream(filter: Buffer): Buffer {
    return renamedFilter(filter, (key, id) => this.idToUpstream(key, id))
  }

  /** Gives a string of a response its name on the caller's side. */
  get renameToClient(): Rename {
    return this.#renameToClient
  }

  /** A request body's JSON text with the upstream's own ids. */
  toUpstream(text: string): string {
    return this.isIdentity ? text : renameJson(text, this.#renameToUpstream)
  }

  /** A query or urlencoded form with the upstream's own ids; other values stay unchanged. */
  queryToUpstream(query: string): string {
    if (this.isIdentity || query === '') return query
    return query.split('&').map(this.#pairToUpstream).join('&')
  }

  /** The upstream's own id of a component that a member names. @param key such as `agent_id` */
  idToUpstream(key: string, id: string): string | undefined {
    const kinds = COMPONENT_KEYS.get(key)
    return kinds && this.#idToUpstream(kinds, id)
  }

  /** Public id of an upstream's component; an unknown id stays unchanged. */
  idToClient(kind: ComponentKind, id: string): string {
    return this.#idToClient([kind], id) ?? id
  }

  /** Public id of a component of any kind; an unknown id stays unchanged. */
  anyIdToClient(id: string): string {
    return this.#idToClient(COMPONENT_KINDS, id) ?? id
  }

  readonly #renameToClient: Rename = (key, value, owner) => {
    if (DATABASE_KEYS.has(key)) return prefixed(this.#upstream, value)
    if (key === 'endpoint') return this.#pathToClient(value)
    if (key === 'id' && owner === 'knowledge_instances') return prefixed(this.#upstream, value)
    const kinds = COMPONENT_KEYS.get(key) ?? (key === 'id' ? OWNER_KINDS.get(owner) : undefined)
    return kinds && this.#idToClient(kinds, value)
  }

  readonly #renameToUpstream: Rename = (key, value) => {
    if (DATABASE_KEYS.has(key)) return unprefixed(this.#upstream, value)
    if (key === 'endpoint') return this.pathToUpstream(value)
    const kinds = COMPONENT_KEYS.get(key)
    return kinds && this.#idToUpstream(kinds, value)
  }

  readonly #pairToUpstream = (pair: string): string => {
    const [name, value] = [...queryPairs(pair)][0] ?? []
    if (name === undefined || value === undefined) return pair
    const renamed = this.#renameToUpstream(name, value, '')
    if (renamed === undefined || renamed === value) return pair
    return `${name}=${percentEncoded(renamed)}`
  }

  #idToClient(kinds: readonly ComponentKind[], id: string): string | undefined {
    for (const writer of this.#writers) {
      for (const kind of kinds) {
        const toClient = this.#catalogue.idOf(kind, writer, id)
        if (toClient !== undefined) return toClient
      }
    }
    return undefined
  }

  #idToUpstream(kinds: readonly ComponentKind[], id: string): string | undefined {
    for (const kind of kinds) {
      const remote = this.#catalogue.remote(kind, id)
      if (remote?.upstream === this.#upstream) return remote.upstreamId
    }
    return undefined
  }

  /** A path below a component, such as `/agents/ID/runs`, with the id of the upstream. */
  pathToUpstream(path: string): string {
    return this.#path(path, (kind, id) => this.#idToUpstream([kind], id))
  }

  #pathToClient(path: string): string {
    return this.#path(path, (kind, id) => this.#idToClient([kind], id))
  }

  #path(path: string, rename: (kind: ComponentKind, id: string) => string | undefined): string {
    return path.replace(COMPONENT_PATH, (whole, kind: ComponentKind, id: string) => {
      const renamed = rename(kind, decoded(id))
      return renamed === undefined ? whole : `/${kind}/${percentEncoded(renamed)}`
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

/** The {@link IdTranslator} of every upstream under the catalogue in force. */
export class IdTranslators {
  readonly #source: { readonly current: Catalogue }
  #catalogue: Catalogue | undefined
  #translators = new Map<Upstream, IdTranslator>()

  /** @param source whose `current` is the catalogue in force */
  constructor(source: { readonly current: Catalogue }) {
    this.#source = source
  }

  of(upstream: Upstream): IdTranslator {
    if (this.#catalogue !== this.#source.current) {
      this.#catalogue = this.#source.current
      this.#translators = new Map()
    }
    let translator = this.#translators.get(upstream)
    if (translator === undefined) {
      translator = new IdTranslator(this.#source.current, upstream)
      this.#translators.set(upstream, translator)
    }
    return translator
  }
}
