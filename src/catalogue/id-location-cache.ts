/** Caches which upstream holds which session, memory, trace or other id that passed through. */
import { LRUCache } from 'lru-cache'
import type { Upstream } from '../upstream/upstream.ts'

/** The target of a request: an upstream, with the database or knowledge base if it has several. */
export interface DataTarget {
  readonly upstream: Upstream
  /** The upstream's own database id. */
  readonly databaseId?: string
  /** The upstream's own knowledge id. */
  readonly knowledgeId?: string
}

/** Kind of the object that an id names, such as `session`. Ids of two kinds may be equal. */
export type IdKind = string

const MAX_IDS = 50_000

/** A bounded cache; an evicted id is found by asking all upstreams. It decides no permission: the upstream does. */
export class IdLocationCache {
  readonly #locations = new LRUCache<string, DataTarget | 'several'>({
    // With `maxSize` the cache grows with its entries; with `max` all memory is allocated at the start.
    maxSize: MAX_IDS,
    sizeCalculation: () => 1,
  })

  /** Records the location of an id. An id seen at two locations counts as unknown. */
  add(kind: IdKind, id: string, target: DataTarget): void {
    const key = `${kind}\n${id}`
    const known = this.#locations.get(key)
    if (known !== undefined && known !== 'several' && isSame(known, target)) return
    this.#locations.set(key, known === undefined ? target : 'several')
  }

  /** Records the only location of an id, after all targets were asked. */
  set(kind: IdKind, id: string, target: DataTarget): void {
    this.#locations.set(`${kind}\n${id}`, target)
  }

  get(kind: IdKind, id: string): DataTarget | undefined {
    const known = this.#locations.get(`${kind}\n${id}`)
    return known === 'several' ? undefined : known
  }

  delete(kind: IdKind, id: string): void {
    this.#locations.delete(`${kind}\n${id}`)
  }
}

function isSame(a: DataTarget, b: DataTarget): boolean {
  return (
    a.upstream === b.upstream && a.databaseId === b.databaseId && a.knowledgeId === b.knowledgeId
  )
}
