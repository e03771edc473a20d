/** Computes the pause before an exited worker is restarted: none at first, then exponential back-off. */

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/** A worker that ran for this long has started successfully. */
const STEADY_MS = 10_000

export class RestartBackoff {
  #early = 0

  /** @param ranMs how long the process ran @returns pause in milliseconds */
  pauseAfter(ranMs: number): number {
    this.#early = ranMs >= STEADY_MS ? 0 : this.#early + 1
    if (this.#early <= 1) return 0
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#early - 2), LONGEST_PAUSE_MS)
  }
}
