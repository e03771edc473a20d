/** How fast a client talks on its socket. */

const SECOND_MS = 1_000

export class MessageRate {
  #count = 0
  #sinceMs = Number.NEGATIVE_INFINITY

  /**
   * One more message, or ping.
   *
   * @param most in a second, which begins with the first of them; 0 for no limit
   * @param nowMs milliseconds that only grow
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
