/** What the workers of one machine count and remember together. Lives in the process that watches over them. */
import { LRUCache } from 'lru-cache'
import type { SlotClaim } from './worker-peers.ts'

/** Most windows that are counted at a time; those that were longest without a request are forgotten first. */
const MAX_WINDOWS = 100_000

interface Window {
  current: number
  readonly endsAt: number
}

export class SharedState {
  readonly #known: LRUCache<string, string>
  readonly #windows = new LRUCache<string, Window>({ max: MAX_WINDOWS })
  readonly #acquired = new Map<string, number>()
  /** By worker, so that the places of one that dies are free again. */
  readonly #held = new Map<unknown, Map<string, number>>()

  /** @param size most runs and sessions that are remembered */
  constructor(size: number) {
    this.#known = new LRUCache({ max: size, updateAgeOnGet: true })
  }

  get(key: string): string | undefined {
    return this.#known.get(key)
  }

  /** @param ttlMs milliseconds */
  set(key: string, value: string, ttlMs: number): void {
    this.#known.set(key, value, { ttl: ttlMs })
  }

  /** @param now milliseconds, `performance.now()` */
  count(key: string, windowMs: number, now: number) {
    const known = this.#windows.get(key)
    const window = known && known.endsAt > now ? known : { current: 0, endsAt: now + windowMs }
    window.current++
    this.#windows.set(key, window)
    return { count: window.current, leftMs: window.endsAt - now }
  }

  acquire(worker: unknown, claims: readonly SlotClaim[]): boolean {
    if (claims.some(([key, most]) => (this.#acquired.get(key) ?? 0) >= most)) return false
    const held = this.#held.get(worker) ?? new Map<string, number>()
    this.#held.set(worker, held)
    for (const [key] of claims) {
      add(this.#acquired, key, 1)
      add(held, key, 1)
    }
    return true
  }

  release(worker: unknown, keys: readonly string[]): void {
    const held = this.#held.get(worker)
    for (const key of keys) {
      if (!held?.has(key)) continue
      add(held, key, -1)
      add(this.#acquired, key, -1)
    }
  }

  /** A worker is gone, and with it its requests. */
  removeWorker(worker: unknown): void {
    for (const [key, count] of this.#held.get(worker) ?? []) add(this.#acquired, key, -count)
    this.#held.delete(worker)
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
