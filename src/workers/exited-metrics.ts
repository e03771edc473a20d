/** What processes counted that are gone: a sum that shrinks would look like a process that began anew. */
import type { MetricJson } from '../metrics/snapshot.ts'

type Sample = MetricJson['values'][number]

interface KeptMetric {
  readonly metric: Omit<MetricJson, 'values'>
  readonly values: Map<string, Sample>
}

export class ExitedMetrics {
  readonly #kept = new Map<string, KeptMetric>()

  /** @param last what the process told last */
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

  /** As if one more process told it. */
  get metrics(): MetricJson[] {
    return [...this.#kept.values()].map(({ metric, values }) => ({
      ...metric,
      values: [...values.values()],
    }))
  }
}
