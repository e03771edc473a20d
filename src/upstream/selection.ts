/** Chooses the next replica of a request. `Available = Healthy and not Full`; a policy chooses among the available. */
import { hash } from 'node:crypto'
import type { BalancingPolicy } from '../../config/types.ts'
import type { Replica } from './replica.ts'

/** Preference of a request in the choice of replica. */
export interface ReplicaPreference {
  /** Only this replica is asked. */
  readonly only?: Replica | undefined
  /** Holds the run, so it is asked first in any state. */
  readonly owner?: Replica | undefined
  /** Asked first while it is available. */
  readonly preferred?: Replica | undefined
  /** The request costs little, such as a card, so a full replica is asked too. */
  readonly bypassesLimit?: boolean
  /** Key of the policy `hash`. Without one, the least busy replica is chosen. */
  readonly key?: string | undefined
}

/**
 * Returns the next replica that has not been tried. When none is healthy, an unhealthy replica is tried: one failed connect
 * costs less than a refused request.
 *
 * @param now milliseconds, `performance.now()`
 * @returns undefined when all were tried, or when every healthy replica is full
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

/** Returns no replica while a healthy one is only full, because the request should wait for it. */
function fallbackReplicas(replicas: readonly Replica[], now: number): readonly Replica[] {
  const isWorthWaiting = replicas.some((replica) => replica.state(now) === 'full')
  return isWorthWaiting ? [] : replicas.filter((replica) => !replica.isFull)
}

/** Fewest requests in progress per weight; equal replicas take turns. */
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

/** Smooth weighted round robin, as in nginx: turns are proportional to the weights and evenly spread. */
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
 * Weighted rendezvous hashing: a change of replicas moves only the affected keys, and all gateways choose alike.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-bess-weighted-hrw
 */
function replicaOfKey(candidates: readonly Replica[], key: string): Replica | undefined {
  let best: Replica | undefined
  let highest = Number.NEGATIVE_INFINITY
  for (const replica of candidates) {
    const digest = hash('sha256', `${replica.url}\n${key}`, 'buffer')
    // Between 0 and 1 exclusive, so that the logarithm is finite and negative.
    const fraction = (digest.readUIntBE(0, 6) + 0.5) / 2 ** 48
    const score = -replica.weight / Math.log(fraction)
    if (score <= highest) continue
    highest = score
    best = replica
  }
  return best
}
