/** How often each was counted in its window. Time is the monotonic clock's: setting the wall clock back locks nobody out. */
import { LRUCache } from 'lru-cache'

/** Keys that are counted at a time, for each limit; those not seen for the longest time are forgotten. */
const MOST_KEYS = 10_000

interface Window {
  count: number
  /** `performance.now()`. */
  readonly endsMs: number
}

type Counted = (
  error: Error | null,
  result?: { readonly current: number; readonly ttl: number },
) => void

/** A store of @fastify/rate-limit. */
export class LimitWindows {
  readonly #windows = new LRUCache<string, Window>({ max: MOST_KEYS })

  /** Counts one more. @param counted told the count, and the milliseconds that are left of its window */
  incr(key: string, counted: Counted, windowMs: number): void {
    const now = performance.now()
    const known = this.#windows.get(key)
    const window = known && now < known.endsMs ? known : { count: 0, endsMs: now + windowMs }
    window.count++
    this.#windows.set(key, window)
    counted(null, { current: window.count, ttl: window.endsMs - now })
  }

  /** Each limit counts by itself. */
  child(): LimitWindows {
    return new LimitWindows()
  }
}
