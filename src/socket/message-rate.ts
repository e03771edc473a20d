/** Limits how many messages a client sends per second. */

const SECOND_MS = 1_000

export class MessageRate {
  #count = 0
  #sinceMs = Number.NEGATIVE_INFINITY

  /**
   * Counts one message or ping.
   *
   * @param most limit per second, from the first message of that second; 0 for no limit
   * @param nowMs monotonic milliseconds
   */
  isExceeded(most: number, nowMs: number): boolean {
    if (most === 0) return false
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs
      this.#count = 0
    }
    return ++this.#count > most
  }
}
