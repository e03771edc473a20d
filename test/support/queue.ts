/** A queue with promises: tests wait for the next item without sleeping. */
export class Queue<T> {
  readonly #items: T[] = []
  readonly #waiting: ((item: T) => void)[] = []

  push(item: T): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(item)
    else this.#items.push(item)
  }

  /** Returns the next item, waiting for it if needed. */
  next(): Promise<T> {
    const item = this.#items.shift()
    if (item !== undefined) return Promise.resolve(item)
    const { promise, resolve } = Promise.withResolvers<T>()
    this.#waiting.push(resolve)
    return promise
  }

  /** Number of items that have not been read. */
  get size(): number {
    return this.#items.length
  }
}
