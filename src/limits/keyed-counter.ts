/** Counts uses by key, such as runs by caller, and refuses a claim above its limit. */

/** One use of a key, and the limit of that key. */
export type SlotClaim = readonly [key: string, max: number]

/** Keeps only keys in use, so its size is bounded by the uses. */
export class KeyedCounter {
  readonly #counts = new Map<string, number>()

  /** Counts one use for each claim, or for none. @returns false when a claim is above its limit */
  acquire(claims: readonly SlotClaim[]): boolean {
    if (claims.some(([key, max]) => this.count(key) >= max)) return false
    for (const [key] of claims) this.#add(key, 1)
    return true
  }

  /** Counts fewer uses of each key. @param uses how many fewer; default 1 */
  release(keys: Iterable<string>, uses = 1): void {
    for (const key of keys) this.#add(key, -uses)
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  /** Keys in use with their counts. */
  entries(): Iterable<readonly [key: string, count: number]> {
    return this.#counts.entries()
  }

  #add(key: string, change: number): void {
    const count = this.count(key) + change
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}
