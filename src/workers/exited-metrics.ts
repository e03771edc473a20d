/** Keeps the counters of exited workers, because a sum that shrinks would look like a counter reset. */
import type { MetricJson } from '../metrics/snapshot.ts'

type Sample = MetricJson['values'][number]

interface KeptMetric {
  readonly metric: Omit<MetricJson, 'values'>
  readonly values: Map<string, Sample>
}

export class ExitedMetrics {
  readonly #kept = new Map<string, KeptMetric>()

  /** @param last the last metrics of the process */
  add(last: readonly MetricJson[]): void {
    for (const { values, ...metric } of last) {
      if (metric.type === 'gauge' || metric.aggregator !== 'sum') continue
      const kept = this.#kept.get(metric.name) ?? { metric, values: new Map<string, Sample>() }
      this.#kept.set(metric.name, kept)
      for (const sample of values) {
        const key = `${sample.metricName ?? ''} ${JSON.stringify(sample.labels)}`
        const value = (kept.values.get(key)?.value ?? 0) + sample.value
        kept.values.set(key, { ...sample, value })
      }
    }
  }

  /** The counters, in the form of one more process. */
  get metrics(): MetricJson[] {
    return [...this.#kept.values()].map(({ metric, values }) => ({
      ...metric,
      values: [...values.values()],
    }))
  }
}
