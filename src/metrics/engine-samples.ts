/** Samples the state of the engine: upstreams, replicas, catalogue and caches. */
import { COMPONENT_KINDS } from '../catalogue/catalogue.ts'
import type { Gateway } from '../gateway.ts'
import type { Replica } from '../upstream/replica.ts'
import { REPLICA_STATES } from '../upstream/replica.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * @param now milliseconds since 1970
 * @param monotonicNow milliseconds of `performance.now()`
 */
export function addEngine(
  snapshot: Snapshot,
  gateway: Gateway,
  now: number,
  monotonicNow: number,
): void {
  const { discovery, affinity, cacheUse } = gateway
  for (const upstream of gateway.upstreams.values()) {
    addUpstream(snapshot, gateway, upstream, now)
    for (const replica of upstream.replicas) addReplica(snapshot, upstream, replica, monotonicNow)
  }
  for (const { name, expiresAtMs } of gateway.config.auth.apiKeys) {
    if (expiresAtMs !== undefined) snapshot.add('keyExpiry', expiresAtMs / 1000, { key: name })
  }
  snapshot.add('shadowed', discovery.current.shadowed.length)
  for (const [result, count] of cacheUse.lookUps) snapshot.add('cacheRequests', count, { result })
  snapshot.add('cacheEntries', cacheUse.entries)
  snapshot.add('cacheBytes', cacheUse.bytes)
  snapshot.add('affinityEntries', affinity.size)
}

function addUpstream(
  snapshot: Snapshot,
  { discovery }: Gateway,
  upstream: Upstream,
  now: number,
): void {
  const { name } = upstream
  const current = discovery.stateOf(upstream)
  for (const state of ['unasked', 'ready', 'refused', 'failing']) {
    snapshot.add('upstreamState', state === current ? 1 : 0, { upstream: name, state })
  }
  for (const kind of COMPONENT_KINDS) {
    const { size } = discovery.idsOf(upstream, kind)
    snapshot.add('components', size, { upstream: name, kind })
  }
  snapshot.add('waiting', upstream.queue?.length ?? 0, { upstream: name })
  const fetchedAt = discovery.fetchedAt(upstream)
  if (fetchedAt !== undefined) {
    snapshot.add('catalogueAge', Math.max(0, now - fetchedAt) / 1000, { upstream: name })
  }
}

function addReplica(snapshot: Snapshot, upstream: Upstream, replica: Replica, now: number): void {
  const labels = { upstream: upstream.name, replica: replica.url }
  const current = replica.state(now)
  for (const state of REPLICA_STATES) {
    snapshot.add('replicaState', state === current ? 1 : 0, { ...labels, state })
  }
  snapshot.add('inFlight', replica.inFlight, labels)
  snapshot.add('replicaRequests', replica.begun, labels)
  snapshot.add('replicaFailures', replica.failures, labels)
}
