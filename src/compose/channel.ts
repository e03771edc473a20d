/** Implements a bounded queue from one run to one reader: the run waits for a slow reader. */

/** Number of queued events above which `push` waits. */
const HIGH_WATER_MARK = 64

/** The events of one run, for one reader. When the reader leaves early, the run stops. */
export class Channel<Item> {
  readonly #items: Item[] = []
  #isClosed = false
  #error: Error | undefined
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined

  /** Adds an item; resolves once there is room for the next one. */
  async push(item: Item): Promise<void> {
    if (this.#isClosed) return
    this.#items.push(item)
    this.#wakeReader?.()
    while (this.#items.length >= HIGH_WATER_MARK && !this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const before = this.#wakeWriter
      this.#wakeWriter = () => {
        before?.()
        resolve()
      }
      await promise
    }
  }

  /** Ends the queue. @param error thrown to the reader after the last item */
  close(error?: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#error = error
    this.#wakeReader?.()
    this.#release()
  }

  /** The items in order. @param onLeave called when the reader stops before the end */
  async *read(onLeave: () => void): AsyncGenerator<Item, void, undefined> {
    let hasEnded = false
    try {
      while (true) {
        const item = this.#items.shift()
        if (item !== undefined) {
          if (this.#items.length < HIGH_WATER_MARK / 2) this.#release()
          yield item
        } else if (this.#isClosed) {
          hasEnded = true
          if (this.#error) throw this.#error
          return
        } else {
          const { promise, resolve } = Promise.withResolvers<void>()
          this.#wakeReader = resolve
          await promise
        }
      }
    } finally {
      if (!hasEnded) {
        this.close()
        onLeave()
      }
    }
  }

  #release(): void {
    const wake = this.#wakeWriter
    this.#wakeWriter = undefined
    wake?.()
  }
}
