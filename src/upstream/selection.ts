/** Which replica is asked next. `Available = Healthy and not Full`; among the available, a policy decides. */
import { hash } from 'node:crypto'
import type { BalancingPolicy } from '../../config/types.ts'
import type { Replica } from './replica.ts'

/** What a request would like. */
export interface ReplicaPreference {
  /** Nobody else is asked. */
  readonly only?: Replica | undefined
  /** Holds what the request is about, so it is asked first, whatever its state. */
  readonly owner?: Replica | undefined
  /** Asked first while it is available. */
  readonly preferred?: Replica | undefined
  /** Asks for next to nothing, such as a card: goes to a full replica too. */
  readonly bypassesLimit?: boolean
  /** Value that the policy `hash` goes by; without one the least busy replica is asked. */
  readonly key?: string | undefined
}

/**
 * The replica to ask next, not among the tried. Where no replica is healthy, one that may come back is asked all the
 * same: one more failed connect costs less than refusing what might work.
 *
 * @param now milliseconds, `performance.now()`
 * @returns undefined when all were tried, or when the healthy ones are full
 */
export function selectReplica(
  replicas: readonly Replica[],
  tried: readonly Replica[],
  preference: ReplicaPreference | undefined,
  policy: BalancingPolicy,
  now: number,
): Replica | undefined {
  const { owner, preferred, key, bypassesLimit = false } = preference ?? {}
  if (owner && !tried.includes(owner)) return owner
  if (preferred?.isAvailable(now) && !tried.includes(preferred)) return preferred
  const untried = tried.length === 0 ? replicas : replicas.filter((one) => !tried.includes(one))
  const available = untried.filter((replica) =>
    bypassesLimit ? replica.isUsable(now) : replica.isAvailable(now),
  )
  const candidates = available.length > 0 ? available : fallbackReplicas(untried, now)
  if (candidates.length < 2) return candidates[0]
  if (policy.kind === 'round_robin') return roundRobin(candidates, now)
  if (policy.kind === 'hash' && key !== undefined) return replicaOfKey(candidates, key)
  return leastInFlight(candidates, now)
}

/** Nobody, while a healthy one is only full: it is worth waiting for. */
function fallbackReplicas(replicas: readonly Replica[], now: number): readonly Replica[] {
  const isWorthWaiting = replicas.some((replica) => replica.state(now) === 'full')
  return isWorthWaiting ? [] : replicas.filter((replica) => !replica.isFull)
}

/** The fewest requests under way, in proportion to the weights; those that are equal take turns. */
function leastInFlight(candidates: readonly Replica[], now: number): Replica | undefined {
  let least = Number.POSITIVE_INFINITY
  let best: Replica[] = []
  for (const replica of candidates) {
    const load = (replica.inFlight + 1) / replica.share(now)
    if (load > least) continue
    if (load < least) best = []
    least = load
    best.push(replica)
  }
  return best.length < 2 ? best[0] : roundRobin(best, now)
}

/** Smooth weighted round robin: turns come in proportion to the weights and are spread evenly, as nginx does it. */
function roundRobin(candidates: readonly Replica[], now: number): Replica | undefined {
  let best: Replica | undefined
  let total = 0
  for (const replica of candidates) {
    const share = replica.share(now)
    replica.credit += share
    total += share
    if (best === undefined || replica.credit > best.credit) best = replica
  }
  if (best) best.credit -= total
  return best
}

/**
 * Weighted rendezvous hashing: a replica that goes or comes moves only its own keys, and every gateway decides alike.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-bess-weighted-hrw
 */
function replicaOfKey(candidates: readonly Replica[], key: string): Replica | undefined {
  let best: Replica | undefined
  let highest = Number.NEGATIVE_INFINITY
  for (const replica of candidates) {
    const digest = hash('sha256', `${replica.url}\n${key}`, 'buffer')
    // Above 0 and below 1, so that its logarithm is finite and negative.
    const fraction = (digest.readUIntBE(0, 6) + 0.5) / 2 ** 48
    const score = -replica.weight / Math.log(fraction)
    if (score <= highest) continue
    highest = score
    best = replica
  }
  return best
}
