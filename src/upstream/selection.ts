/** Which replica is asked next. `Available = not ejected`; among the available, a policy decides. */
import type { Replica } from './replica.ts'

/**
 * The available replica with the fewest requests under way, not among the tried. When none is available the untried one
 * that may come back is tried all the same: one more failed connect costs less than refusing what might work.
 *
 * @param now milliseconds, `Date.now()`
 */
export function leastInFlight(
  replicas: readonly Replica[],
  tried: readonly Replica[],
  now: number,
): Replica | undefined {
  let best: Replica | undefined
  let bestAvailable = false
  for (const replica of replicas) {
    if (tried.includes(replica)) continue
    const available = replica.isAvailable(now)
    const better =
      best === undefined ||
      (available && !bestAvailable) ||
      (available === bestAvailable && replica.inFlight < best.inFlight)
    if (better) {
      best = replica
      bestAvailable = available
    }
  }
  return best
}
