/** Remembers which replica holds a run or a session. */
import { LRUCache } from 'lru-cache'
import type { AffinityConfig } from '../../config/types.ts'
import type { SharedStore } from '../store/shared-store.ts'
import type { Replica } from './replica.ts'
import type { Upstream } from './upstream.ts'

/** What is held. */
export type AffinityKind = 'run' | 'session'

export interface AffinityOptions extends AffinityConfig {
  /** What other gateways know; left out, only what this one has seen counts. */
  readonly shared?: SharedStore | undefined
  /** Keeps the entries of gateways apart that have nothing to do with each other. */
  readonly namespace: string
}

/** Bounded, in memory; asks and tells the shared store where there is one. */
export class Affinity {
  /** Sessions are learnt too, not only runs. */
  readonly keepsSessions: boolean
  readonly #options: AffinityOptions
  /** Base URLs of replicas. */
  readonly #known: LRUCache<string, string>

  constructor(options: AffinityOptions) {
    this.keepsSessions = options.session
    this.#options = options
    this.#known = new LRUCache({
      // Bounded like this it grows with what is in it; by `max` all of it is there from the start.
      maxSize: options.size,
      sizeCalculation: () => 1,
      ttl: options.ttlMs,
      updateAgeOnGet: true,
    })
  }

  /** @param url base URL of the replica that holds it */
  learn(held: AffinityKind, upstream: Upstream, id: string, url: string): void {
    const key = this.#key(held, upstream, id)
    const isNews = this.#known.get(key) !== url
    this.#known.set(key, url)
    if (isNews) this.#options.shared?.set(key, url, this.#options.ttlMs)
  }

  /**
   * The replica that holds it, as far as is known; asks the shared store when this gateway does not know. Never rejects.
   */
  async find(held: AffinityKind, upstream: Upstream, id: string): Promise<Replica | undefined> {
    const key = this.#key(held, upstream, id)
    let url = this.#known.get(key)
    if (url === undefined) {
      url = await this.#options.shared?.get(key)
      if (url !== undefined) this.#known.set(key, url)
    }
    return url === undefined ? undefined : upstream.replicas.find((replica) => replica.url === url)
  }

  /** How many runs and sessions are known here. */
  get size(): number {
    return this.#known.size
  }

  #key(held: AffinityKind, upstream: Upstream, id: string): string {
    return `agentos-gateway:${this.#options.namespace}:${held}:${upstream.name}:${id}`
  }
}
