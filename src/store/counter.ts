/** Counts events in fixed windows of time, alone or with all gateways that share a store. */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { SharedStore } from './shared-store.ts'

/** The count in the current window. */
export interface Counted {
  readonly count: number
  /** Milliseconds until the window ends. */
  readonly leftMs: number
}

/** Most windows in memory, so that many keys cannot fill it. The oldest are dropped. */
const MAX_WINDOWS = 50_000

interface Window {
  count: number
  readonly endsAtMs: number
}

export interface CounterOptions {
  /** Store that counts for several gateways. Without it, or while it is unavailable, this gateway counts alone. */
  readonly shared?: SharedStore | undefined
  /** Separates the counts of unrelated gateways in one store. */
  readonly namespace: string
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: () => number
}

export class Counter {
  readonly #options: CounterOptions
  readonly #windows = new LRUCache<string, Window>({
    // `maxSize` grows with the entries; `max` would allocate the whole cache at once.
    maxSize: MAX_WINDOWS,
    sizeCalculation: () => 1,
  })

  constructor(options: CounterOptions) {
    this.#options = options
  }

  /**
   * Counts one event. Never rejects: while the store is unavailable, each gateway counts alone.
   *
   * @param key what is counted, of any length; the store gets its hash
   * @param windowMs length of a window, from its first event
   */
  async count(key: string, windowMs: number): Promise<Counted> {
    const name = hash('sha256', key, 'base64url')
    const own = this.#countHere(name, windowMs)
    const { shared, namespace } = this.#options
    return (await shared?.count(`agentos-gateway:${namespace}:count:${name}`, windowMs)) ?? own
  }

  #countHere(name: string, windowMs: number): Counted {
    const now = (this.#options.now ?? performance.now.bind(performance))()
    const known = this.#windows.get(name)
    const open = known && known.endsAtMs > now ? known : { count: 0, endsAtMs: now + windowMs }
    open.count++
    if (open !== known) this.#windows.set(name, open)
    return { count: open.count, leftMs: open.endsAtMs - now }
  }
}
