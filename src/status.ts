/**
 * Builds the engine's part of `/gateway/status`: the only answer that shows addresses of upstreams, and never a secret.
 */
import { COMPONENT_KINDS } from './catalogue/catalogue.ts'
import type { Gateway } from './gateway.ts'
import type { Replica } from './upstream/replica.ts'
import type { Upstream } from './upstream/upstream.ts'

/**
 * @param now milliseconds of `performance.now()`
 */
export function engineStatus(gateway: Gateway, now: number) {
  const { discovery, upstreams, affinity } = gateway
  return {
    upstreams: [...upstreams.values()].map((upstream) => upstreamStatus(gateway, upstream, now)),
    shadowed: discovery.current.shadowed,
    affinity: { known: affinity.size },
  }
}

/** Name of the upstream that runs composed components. */
export const COMPOSER = 'composer'
/** How long the status waits for the composer. */
const COMPOSER_MS = 1_000

/** Status of the composer as it reports it; undefined where nothing is composed. */
export async function composerStatus({ upstreams, discovery }: Gateway): Promise<unknown> {
  const composer = upstreams.get(COMPOSER)
  if (composer?.config.socketPath === undefined) return undefined
  const state = discovery.stateOf(composer)
  try {
    const signal = AbortSignal.timeout(COMPOSER_MS)
    const { body } = await composer.fetch('/composer/status', { silenceMs: COMPOSER_MS, signal })
    return { state, ...(JSON.parse(body.toString('utf8')) as object) }
  } catch {
    return { state: 'unreachable' }
  }
}

/** Number of upstreams in each state, without names. A gateway with failing upstreams is ready all the same. */
export function upstreamCounts({ discovery, upstreams }: Gateway): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const upstream of upstreams.values()) {
    const state = discovery.stateOf(upstream)
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

function upstreamStatus({ discovery }: Gateway, upstream: Upstream, now: number) {
  const askedAt = discovery.askedAt(upstream)
  return {
    name: upstream.name,
    /** Result of the last discovery. */
    state: discovery.stateOf(upstream),
    reason: discovery.reasonOf(upstream),
    asked_seconds_ago: askedAt === 0 ? undefined : Math.round((now - askedAt) / 1000),
    ...Object.fromEntries(
      COMPONENT_KINDS.map((kind) => [kind, discovery.idsOf(upstream, kind).size]),
    ),
    waiting: upstream.queue?.length ?? 0,
    replicas: upstream.replicas.map((replica) => replicaStatus(replica, now)),
  }
}

function replicaStatus(replica: Replica, now: number) {
  return {
    url: replica.url,
    state: replica.state(now),
    in_flight: replica.inFlight,
    weight: replica.weight,
    /** Below the weight during slow start. */
    share: Math.round(replica.share(now) * 100) / 100,
    last_error: replica.lastError,
  }
}
