/** Counts what the engine tells of its replicas. Outlives reloads, unlike the replicas themselves. */
import type { GatewayEvents } from '../gateway.ts'
import type { Labels, Snapshot } from './snapshot.ts'

/** Most sets of labels of one kind: configurations come and go while the process runs. */
const MAX_SERIES = 1_000

interface Counted {
  readonly labels: Labels
  count: number
}

export class Incidents {
  readonly #ejections = new Map<string, Counted>()
  readonly #retries = new Map<string, Counted>()
  #isStoreThere = false

  /** For the engine to tell, beside others. */
  get events(): GatewayEvents {
    return {
      onReplica: ({ name }, { url, isHealthy }) => {
        if (!isHealthy)
          note(this.#ejections, { upstream: name, replica: url, cause: 'health_check' })
      },
      onCircuit: ({ name }, { url }, pauseMs) => {
        if (pauseMs > 0) note(this.#ejections, { upstream: name, replica: url, cause: 'failures' })
      },
      onRetry: ({ name }, at) => note(this.#retries, { upstream: name, at }),
      onStore: (isThere) => {
        this.#isStoreThere = isThere
      },
    }
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
