import { describe, expect, test } from 'vitest'
import type { BalancingPolicy } from '../../../config/types.ts'
import { DEFAULT_BALANCING } from '../../../config/types.ts'
import { Replica } from '../../../src/upstream/replica.ts'
import type { ReplicaPreference } from '../../../src/upstream/selection.ts'
import { selectReplica } from '../../../src/upstream/selection.ts'

const LEAST: BalancingPolicy = { kind: 'least_inflight' }
const TURNS: BalancingPolicy = { kind: 'round_robin' }
const HASH: BalancingPolicy = { kind: 'hash', by: 'session_id' }

function replicas(weights: readonly number[], maxInflight = 0): Replica[] {
  const balancing = { ...DEFAULT_BALANCING, maxInflight }
  return weights.map(
    (weight, index) =>
      new Replica(`http://127.0.0.1:${index + 1}`, { connectTimeoutMs: 1, balancing, weight }),
  )
}

/** Returns how often each replica is selected for these preferences. */
function counts(
  all: Replica[],
  policy: BalancingPolicy,
  wishes: readonly ReplicaPreference[],
): number[] {
  const chosen = wishes.map((preference) => selectReplica(all, [], preference, policy, 0))
  return all.map((replica) => chosen.filter((one) => one === replica).length)
}

const keys = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `session-${n}` }))

describe('least_inflight', () => {
  test('least_inflight selects the replica with fewest requests for its weight', () => {
    const all = replicas([1, 2, 1])
    const [a, b, c] = all as [Replica, Replica, Replica]
    Object.assign(a, { inFlight: 1 })
    Object.assign(b, { inFlight: 2 })
    Object.assign(c, { inFlight: 4 })
    expect(selectReplica(all, [], undefined, LEAST, 0)).toBe(b)
  })

  test('least_inflight lets idle replicas take turns', () => {
    expect(counts(replicas([1, 1, 1]), LEAST, keys(9))).toEqual([3, 3, 3])
  })
})

describe('round_robin', () => {
  test('round_robin distributes requests evenly in proportion to the weights', () => {
    const all = replicas([5, 1, 1])
    const turns = Array.from({ length: 7 }, () =>
      selectReplica(all, [], undefined, TURNS, 0)?.url.at(-1),
    )
    expect(turns.join('')).toBe('1121311')
  })
})

describe('hash', () => {
  test('hash maps a key to one replica and spreads different keys', () => {
    const all = replicas([1, 1, 1])
    const [a = 0, b = 0, c = 0] = counts(all, HASH, keys(3_000))
    for (const count of [a, b, c]) expect(Math.abs(count - 1_000)).toBeLessThan(150)
    expect(counts(all, HASH, Array(50).fill({ key: 'one' })).sort()).toEqual([0, 0, 50])
  })

  test('hash gives a replica of twice the weight twice the keys', () => {
    const [a = 0, b = 0] = counts(replicas([1, 2]), HASH, keys(3_000))
    expect(Math.abs(b / a - 2)).toBeLessThan(0.3)
  })

  test('hash moves only the keys of the lost replica', () => {
    const all = replicas([1, 1, 1])
    const before = keys(300).map((wish) => selectReplica(all, [], wish, HASH, 0))
    Object.assign(all[0] as Replica, { isHealthy: false })
    const after = keys(300).map((wish) => selectReplica(all, [], wish, HASH, 0))
    const moved = before.filter((replica, index) => replica !== after[index])
    expect(moved.length).toBeGreaterThan(0)
    expect(new Set(moved)).toEqual(new Set([all[0]]))
  })
})

describe('every policy', () => {
  test('the owner is selected in any state, the preferred replica if available', () => {
    const all = replicas([1, 1, 1])
    const [a, b, c] = all as [Replica, Replica, Replica]
    Object.assign(a, { isHealthy: false })
    expect(selectReplica(all, [], { owner: a, preferred: b }, LEAST, 0)).toBe(a)
    expect(selectReplica(all, [a], { owner: a, preferred: b }, LEAST, 0)).toBe(b)
    expect(selectReplica(all, [], { preferred: a }, LEAST, 0)).not.toBe(a)
    expect(selectReplica(all, [a, b], { owner: a, preferred: b }, LEAST, 0)).toBe(c)
    expect(selectReplica(all, [a, b, c], undefined, LEAST, 0)).toBeUndefined()
  })

  test('an unhealthy replica is selected only when no healthy one exists', () => {
    const all = replicas([1, 1], 1)
    const [a, b] = all as [Replica, Replica]
    Object.assign(a, { isHealthy: false })
    Object.assign(b, { inFlight: 1 })
    expect(selectReplica(all, [], undefined, LEAST, 0)).toBeUndefined()
    Object.assign(b, { isHealthy: false, inFlight: 0 })
    expect(selectReplica(all, [], undefined, LEAST, 0)).toBeDefined()
  })
})
