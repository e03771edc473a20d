/** Remembers where ids were seen: sessions, memories, traces … that passed through. */
import { LRUCache } from 'lru-cache'
import type { Upstream } from '../upstream/upstream.ts'

/** Where a request goes: an upstream, and the database or knowledge base there when it has several. */
export interface DataTarget {
  readonly upstream: Upstream
  /** The upstream's own database id. */
  readonly databaseId?: string
  /** The upstream's own knowledge id. */
  readonly knowledgeId?: string
}

/** What an id names, such as `session`; ids of two kinds may be equal. */
export type IdKind = string

const MAX_IDS = 50_000

/** Bounded; what is forgotten is found by asking. Never an authority: the upstream decides what a caller may see. */
export class IdLocationCache {
  readonly #locations = new LRUCache<string, DataTarget | 'several'>({
    // Bounded like this it grows with what is in it; by `max` all of it is there from the start.
    maxSize: MAX_IDS,
    sizeCalculation: () => 1,
  })

  /** Notes that an id was seen at a place. One seen at two places counts as unknown. */
  add(kind: IdKind, id: string, target: DataTarget): void {
    const key = `${kind}\n${id}`
    const known = this.#locations.get(key)
    if (known !== undefined && known !== 'several' && isSame(known, target)) return
    this.#locations.set(key, known === undefined ? target : 'several')
  }

  /** Notes that an id is at a place and nowhere else, because all places were asked. */
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
