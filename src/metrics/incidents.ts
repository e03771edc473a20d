/** Counts the replica events that the engine reports. Unlike the replicas, the counters outlive reloads. */
import { isComposer } from '../composer-start.ts'
import type { GatewayEvents } from '../gateway.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Labels, Snapshot } from './snapshot.ts'

/** Most label sets per counter, because reloads add new names while the process runs. */
const MAX_SERIES = 1_000
/** Incidents that are kept for `/gateway/status`. */
export const MOST_RECENT = 50

/** An event in the life of a replica, an upstream or the store. */
export interface Incident {
  /** ISO 8601. */
  readonly at: string
  readonly kind: 'unhealthy' | 'ejected' | 'recovered' | 'failing' | 'refused' | 'ready' | 'store'
  readonly upstream?: string
  readonly replica?: string
  readonly detail?: string | undefined
}

interface Counted {
  readonly labels: Labels
  count: number
}

export class Incidents {
  readonly #ejections = new Map<string, Counted>()
  readonly #retries = new Map<string, Counted>()
  readonly #recent: Incident[] = []
  /** Names of upstreams that have been asked. */
  readonly #asked = new Set<string>()
  /** Names of upstreams that have been ready. */
  readonly #ready = new Set<string>()
  #isStoreThere = false

  /** Event listeners, for the engine to call beside other listeners. */
  get events(): GatewayEvents {
    return {
      onState: (upstream, state, detail) => {
        const { name } = upstream
        // The first answer of an upstream is no incident.
        const isFirst = !this.#asked.has(name) || this.#isStarting(upstream)
        this.#asked.add(name)
        if (state === 'ready') this.#ready.add(name)
        if (state === 'ready' ? isFirst : this.#isStarting(upstream)) return
        if (state !== 'unasked') this.#add({ kind: state, upstream: name, detail })
      },
      onReplica: (upstream, { url, isHealthy }, detail) => {
        if (this.#isStarting(upstream)) return
        const { name } = upstream
        const kind = isHealthy ? 'recovered' : 'unhealthy'
        this.#add({ kind, upstream: name, replica: url, detail })
        if (!isHealthy)
          note(this.#ejections, { upstream: name, replica: url, cause: 'health_check' })
      },
      onCircuit: (upstream, { url, lastError: detail }, pauseMs) => {
        if (this.#isStarting(upstream)) return
        const { name } = upstream
        const kind = pauseMs > 0 ? 'ejected' : 'recovered'
        this.#add({ kind, upstream: name, replica: url, detail })
        if (pauseMs > 0) note(this.#ejections, { upstream: name, replica: url, cause: 'failures' })
      },
      onRetry: ({ name }, at) => note(this.#retries, { upstream: name, at }),
      onStore: (isThere) => {
        this.#isStoreThere = isThere
        this.#add({ kind: 'store', detail: isThere ? 'reachable' : 'unreachable' })
      },
    }
  }

  /** The composer beside the gateway starts after it: its first failures to connect are no incidents. */
  #isStarting(upstream: Upstream): boolean {
    return isComposer(upstream) && !this.#ready.has(upstream.name)
  }

  #add(incident: Omit<Incident, 'at'>): void {
    this.#recent.unshift({ at: new Date().toISOString(), ...incident })
    if (this.#recent.length > MOST_RECENT) this.#recent.pop()
  }

  /** The last incidents, newest first. */
  get recent(): readonly Incident[] {
    return this.#recent
  }

  /** @param hasStore a shared store is configured */
  addTo(snapshot: Snapshot, hasStore: boolean): void {
    for (const { labels, count } of this.#ejections.values())
      snapshot.add('ejections', count, labels)
    for (const { labels, count } of this.#retries.values()) snapshot.add('retries', count, labels)
    if (hasStore) snapshot.add('storeUp', this.#isStoreThere ? 1 : 0)
  }
}

function note(counts: Map<string, Counted>, labels: Readonly<Record<string, string>>): void {
  const key = Object.values(labels).join(' ')
  const known = counts.get(key)
  if (known) known.count++
  else if (counts.size < MAX_SERIES) counts.set(key, { labels, count: 1 })
}
