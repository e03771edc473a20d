/** Remembers where ids were seen: sessions, memories, traces … that passed through. */
import { LRUCache } from 'lru-cache'
import type { Upstream } from '../upstream/upstream.ts'

/** Where a request goes: an upstream, and the database or knowledge base there when it has several. */
export interface Target {
  readonly upstream: Upstream
  /** The upstream's own database id. */
  readonly databaseId?: string
  /** The upstream's own knowledge id. */
  readonly knowledgeId?: string
}

/** What an id names, such as `session`; ids of two kinds may be equal. */
export type IdKind = string

const MOST_IDS = 50_000

/** Bounded; what is forgotten is found by asking. Never an authority: the upstream decides what a caller may see. */
export class SeenIds {
  readonly #places = new LRUCache<string, Target | 'several'>({
    // Bounded like this it grows with what is in it; by `max` all of it is there from the start.
    maxSize: MOST_IDS,
    sizeCalculation: () => 1,
  })

  /** Notes that an id was seen at a place. One seen at two places counts as unknown. */
  note(kind: IdKind, id: string, target: Target): void {
    const key = `${kind}\n${id}`
    const known = this.#places.get(key)
    if (known !== undefined && known !== 'several' && isSame(known, target)) return
    this.#places.set(key, known === undefined ? target : 'several')
  }

  /** Notes that an id is at a place and nowhere else, because all places were asked. */
  settle(kind: IdKind, id: string, target: Target): void {
    this.#places.set(`${kind}\n${id}`, target)
  }

  get(kind: IdKind, id: string): Target | undefined {
    const known = this.#places.get(`${kind}\n${id}`)
    return known === 'several' ? undefined : known
  }

  forget(kind: IdKind, id: string): void {
    this.#places.delete(`${kind}\n${id}`)
  }
}

function isSame(a: Target, b: Target): boolean {
  return (
    a.upstream === b.upstream && a.databaseId === b.databaseId && a.knowledgeId === b.knowledgeId
  )
}
