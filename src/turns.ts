/** Splits long work into short turns, so that the event loop serves other requests in between. */
import { setImmediate } from 'node:timers/promises'

/** Longest duration of one turn, in milliseconds. */
const TURN_MS = 8

/** Measures the duration of the current turn. */
export class Turn {
  #beganMs = performance.now()

  /**
   * Call it between small steps: resolves at once, or in the next turn of the event loop when this one has reached the
   * limit.
   */
  async rest(): Promise<void> {
    if (performance.now() - this.#beganMs < TURN_MS) return
    await setImmediate()
    this.#beganMs = performance.now()
  }
}
