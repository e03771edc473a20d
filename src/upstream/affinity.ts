/** Remembers which replica holds a run or a session, in memory and in the shared store. */
import { LRUCache } from 'lru-cache'
import type { AffinityConfig } from '../../config/types.ts'
import type { SharedStore } from '../store/shared-store.ts'
import type { Replica } from './replica.ts'
import type { Upstream } from './upstream.ts'

/** The kind of thing that a replica holds. */
export type AffinityKind = 'run' | 'session'

export interface AffinityOptions extends AffinityConfig {
  /** Store that other gateways read too. Default: none, so only this gateway's own requests count. */
  readonly shared?: SharedStore | undefined
  /** Separates the entries of unrelated gateways in one store. */
  readonly namespace: string
}

/** Bounded by `size`. Reads the shared store on a miss, and writes each new entry to it. */
export class Affinity {
  /** Sessions are remembered too, not only runs. */
  readonly keepsSessions: boolean
  readonly #options: AffinityOptions
  /** Base URLs of replicas by key. */
  readonly #known: LRUCache<string, string>

  constructor(options: AffinityOptions) {
    this.keepsSessions = options.session
    this.#options = options
    this.#known = new LRUCache({
      // `maxSize` grows with the entries; `max` would allocate the whole cache at once.
      maxSize: options.size,
      sizeCalculation: () => 1,
      ttl: options.ttlMs,
      updateAgeOnGet: true,
    })
  }

  /** Remembers the replica. @param url base URL of the replica */
  learn(held: AffinityKind, upstream: Upstream, id: string, url: string): void {
    const key = this.#key(held, upstream, id)
    const isNews = this.#known.get(key) !== url
    this.#known.set(key, url)
    if (isNews) this.#options.shared?.set(key, url, this.#options.ttlMs)
  }

  /** The replica that holds it, or undefined. Reads the shared store on a miss. Never rejects. */
  async find(held: AffinityKind, upstream: Upstream, id: string): Promise<Replica | undefined> {
    const key = this.#key(held, upstream, id)
    let url = this.#known.get(key)
    if (url === undefined) {
      url = await this.#options.shared?.get(key)
      if (url !== undefined) this.#known.set(key, url)
    }
    return url === undefined ? undefined : upstream.replicas.find((replica) => replica.url === url)
  }

  /** Number of remembered runs and sessions. */
  get size(): number {
    return this.#known.size
  }

  #key(held: AffinityKind, upstream: Upstream, id: string): string {
    return `agentos-gateway:${this.#options.namespace}:${held}:${upstream.name}:${id}`
  }
}
