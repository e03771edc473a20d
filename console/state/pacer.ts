/** Splits long work into parts, so that the page answers input between them. */

/** Longest part, in milliseconds: less than a frame. */
const LONGEST_MS = 10

export class Pacer {
  #beganAt = performance.now()

  /** Lets the page answer input, once the current part has taken its time. */
  async rest(): Promise<void> {
    if (performance.now() - this.#beganAt < LONGEST_MS) return
    await nextTask()
    this.#beganAt = performance.now()
  }
}

/** Unlike nested timers, a message is not delayed by 4 ms. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

/** Items between two looks at the clock. */
const STRIDE = 500

/**
 * Visits each item of a list of any length. A short list is visited at once, without a pause.
 *
 * @param isOver ends the visit early
 * @returns whether all items were visited
 */
export async function eachPaced<Item>(
  items: readonly Item[],
  visit: (item: Item) => void,
  isOver: () => boolean = () => false,
): Promise<boolean> {
  const pacer = new Pacer()
  for (let start = 0; start < items.length; start += STRIDE) {
    if (start > 0) await pacer.rest()
    if (isOver()) return false
    for (const item of items.slice(start, start + STRIDE)) visit(item)
  }
  return true
}
