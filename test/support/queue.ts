/** Hands what happens to whoever waits for it, in order: how tests wait without sleeping. */
export class Queue<T> {
  readonly #items: T[] = []
  readonly #waiting: ((item: T) => void)[] = []

  push(item: T): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(item)
    else this.#items.push(item)
  }

  /** The next item, now or when it comes. */
  next(): Promise<T> {
    const item = this.#items.shift()
    if (item !== undefined) return Promise.resolve(item)
    const { promise, resolve } = Promise.withResolvers<T>()
    this.#waiting.push(resolve)
    return promise
  }

  /** How many have come that nobody has taken. */
  get size(): number {
    return this.#items.length
  }
}
