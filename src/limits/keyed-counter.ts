/** Counts what is in use by key, such as runs by caller, and refuses a claim that would pass its limit. */

/** One more use of a key, and how many there may be at a time. */
export type SlotClaim = readonly [key: string, max: number]

/** Holds a key only while it is in use, so its size is bounded by what is in use. */
export class KeyedCounter {
  readonly #counts = new Map<string, number>()

  /** Counts one more use for each claim, or for none. @returns false when a claim would pass its limit */
  acquire(claims: readonly SlotClaim[]): boolean {
    if (claims.some(([key, max]) => this.count(key) >= max)) return false
    for (const [key] of claims) this.#add(key, 1)
    return true
  }

  /** Counts one use less for each key. @param uses how many less; default 1 */
  release(keys: Iterable<string>, uses = 1): void {
    for (const key of keys) this.#add(key, -uses)
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  /** Keys in use, each with its count. */
  entries(): Iterable<readonly [key: string, count: number]> {
    return this.#counts.entries()
  }

  #add(key: string, change: number): void {
    const count = this.count(key) + change
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}
