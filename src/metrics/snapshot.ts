/**
 * Collects the metrics of one process in the form that `prom-client` aggregates. Plain data, because it is sent over
 * IPC.
 */
import type { MetricDefinition, MetricKey } from './definitions.ts'
import { METRICS } from './definitions.ts'
import type { Histogram } from './histogram.ts'
import { SECONDS } from './histogram.ts'

export type Labels = Readonly<Record<string, string | number>>

interface Sample {
  readonly value: number
  readonly labels: Labels
  readonly metricName?: string
}

/** One metric, as `prom-client` writes it in JSON. */
export interface MetricJson extends Omit<MetricDefinition, 'labels'> {
  readonly values: Sample[]
}

/** Collects values. A metric without values is included, so that its name can be found. */
export class Snapshot {
  readonly #metrics: Readonly<Record<MetricKey, MetricJson>>

  constructor() {
    const empty = Object.entries(METRICS).map(([key, { labels: _, ...rest }]) => [
      key,
      { ...rest, values: [] },
    ])
    this.#metrics = Object.fromEntries(empty) as Record<MetricKey, MetricJson>
  }

  add(key: MetricKey, value: number, labels: Labels = {}): void {
    this.#metrics[key].values.push({ value, labels })
  }

  addHistogram(key: MetricKey, { counts, sum, count }: Histogram, labels: Labels): void {
    const { name, values } = this.#metrics[key]
    let below = 0
    for (const [index, le] of SECONDS.entries()) {
      below += counts[index] as number
      values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: below })
    }
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count })
    values.push({ metricName: `${name}_sum`, labels, value: sum })
    values.push({ metricName: `${name}_count`, labels, value: count })
  }

  /** All of them, in the order of the table. */
  get metrics(): MetricJson[] {
    return Object.values(this.#metrics)
  }
}
