/** How soon a process that ended is started again: at once, but not over and over. */

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/** Who has run for so long has started well. */
const STEADY_MS = 10_000

export class RestartBackoff {
  #early = 0

  /** @param ranMs how long the process ran @returns milliseconds */
  pauseAfter(ranMs: number): number {
    this.#early = ranMs >= STEADY_MS ? 0 : this.#early + 1
    if (this.#early <= 1) return 0
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#early - 2), LONGEST_PAUSE_MS)
  }
}
