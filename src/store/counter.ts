/** Counts within windows of time, together with all who share the store. */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { SharedStore } from './shared-store.ts'

/** How often something has happened in the window that is open. */
export interface Counted {
  readonly count: number
  /** Until the window ends, in milliseconds. */
  readonly leftMs: number
}

/** Most windows that are kept at a time: whoever counts must not fill the memory. The oldest give way. */
const MAX_WINDOWS = 50_000

interface Window {
  count: number
  readonly endsAtMs: number
}

export interface CounterOptions {
  /** Counts for several gateways; left out, or when it does not answer, only what happens here counts. */
  readonly shared?: SharedStore | undefined
  /** Keeps gateways apart that have nothing to do with each other. */
  readonly namespace: string
  /** Milliseconds that only grow. Default `performance.now`. */
  readonly now?: () => number
}

export class Counter {
  readonly #options: CounterOptions
  readonly #windows = new LRUCache<string, Window>({ max: MAX_WINDOWS })

  constructor(options: CounterOptions) {
    this.#options = options
  }

  /**
   * One more. Never rejects: a store that is gone or late leaves the count to each gateway.
   *
   * @param key what is counted, and for whom; of any length, and never shown to the store
   * @param windowMs how long a window is open, from the first count in it
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
