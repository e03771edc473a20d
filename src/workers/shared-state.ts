/** The counts and run locations that the workers of one machine share. Lives in the primary process. */
import { LRUCache } from 'lru-cache'
import type { SlotClaim } from '../limits/keyed-counter.ts'
import { KeyedCounter } from '../limits/keyed-counter.ts'

/** Most windows in memory; the least recently used are dropped. */
const MAX_WINDOWS = 100_000

interface Window {
  current: number
  readonly endsAt: number
}

export class SharedState {
  readonly #known: LRUCache<string, string>
  /** Apart from the locations of runs, which callers can add without limit. */
  readonly #sums = new LRUCache<string, string>({ max: MAX_WINDOWS })
  readonly #windows = new LRUCache<string, Window>({ max: MAX_WINDOWS })
  readonly #acquired = new KeyedCounter()
  /** Slots by worker, so that an exit releases them. */
  readonly #held = new Map<unknown, KeyedCounter>()

  /** @param size most runs and sessions that are remembered */
  constructor(size: number) {
    this.#known = new LRUCache({ max: size, updateAgeOnGet: true })
  }

  get(key: string): string | undefined {
    return this.#known.get(key) ?? this.#sums.get(key)
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

  /** @param ttlMs milliseconds, from the last addition */
  add(key: string, amount: number, ttlMs: number): void {
    this.#sums.set(key, String(Number(this.#sums.get(key) ?? 0) + amount), { ttl: ttlMs })
  }

  acquire(worker: unknown, claims: readonly SlotClaim[]): boolean {
    if (!this.#acquired.acquire(claims)) return false
    const held = this.#held.get(worker) ?? new KeyedCounter()
    this.#held.set(worker, held)
    held.acquire(claims)
    return true
  }

  release(worker: unknown, keys: readonly string[]): void {
    const held = this.#held.get(worker)
    const owned = keys.filter((key) => held !== undefined && held.count(key) > 0)
    held?.release(owned)
    this.#acquired.release(owned)
  }

  /** Releases the slots of an exited worker. */
  removeWorker(worker: unknown): void {
    for (const [key, count] of this.#held.get(worker)?.entries() ?? []) {
      this.#acquired.release([key], count)
    }
    this.#held.delete(worker)
  }
}
