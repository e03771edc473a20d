/** Implements a set for members that are added and removed with every request. */

type Indexed = Record<symbol, number | undefined>

/**
 * Behaves as a `Set` of objects without an order, and creates no garbage. A `Set` rebuilds its table as members come and
 * go; an old table keeps its members alive until the next full collection. `docs/performance.md` has the figures.
 */
export class UnorderedSet<T extends object> {
  /** The member under which each object keeps its index; an object can be in several sets. */
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

  /** Visits the members present at the start that are still present at their turn. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const member of [...this.#members]) {
      if ((member as unknown as Indexed)[this.#index] !== undefined) yield member
    }
  }
}
