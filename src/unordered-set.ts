/** A set of what comes and goes with every request. */

type Indexed = Record<symbol, number | undefined>

/**
 * Behaves as a `Set` of objects, but for the order, and leaves no garbage behind. A `Set` makes its table anew time and again as
 * members come and go; a table that nobody uses any more, but that has grown old, keeps whatever it held alive until the next
 * full collection. See `docs/performance.md` for what that costs.
 */
export class UnorderedSet<T extends object> {
  /** Where members keep their place: they may be in other sets as well. */
  readonly #index = Symbol('place')
  readonly #members: T[] = []

  get size(): number {
    return this.#members.length
  }

  add(member: T): this {
    const indexed = member as unknown as Indexed
    if (indexed[this.#index] !== undefined) return this
    indexed[this.#index] = this.#members.length
    this.#members.push(member)
    return this
  }

  /** @returns whether it was there */
  delete(member: T): boolean {
    const indexed = member as unknown as Indexed
    const index = indexed[this.#index]
    if (index === undefined) return false
    indexed[this.#index] = undefined
    const last = this.#members.pop() as T
    if (last === member) return true
    this.#members[index] = last
    ;(last as unknown as Indexed)[this.#index] = index
    return true
  }

  /** Those that are there at the beginning and still are when it is their turn. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const member of [...this.#members]) {
      if ((member as unknown as Indexed)[this.#index] !== undefined) yield member
    }
  }
}
