/** Keeps long work from holding up the event loop: it is done in turns, between which every other request goes on. */
import { setImmediate } from 'node:timers/promises'

/** Longest that one turn of such work lasts, in milliseconds. */
const TURN_MS = 8

/** Counts the time of the turn under way. */
export class Turn {
  #beganMs = performance.now()

  /** Call it between small steps: resolves at once, or in the next turn of the event loop once this one has lasted long enough. */
  async rest(): Promise<void> {
    if (performance.now() - this.#beganMs < TURN_MS) return
    await setImmediate()
    this.#beganMs = performance.now()
  }
}
