/**
 * Writes metrics in the Prometheus text format. Loads `prom-client` at the first request, so an unused endpoint costs
 * nothing.
 */
import type { MetricJson } from './snapshot.ts'

/** Resolution of the event loop delay, in milliseconds. */
const EVENT_LOOP_PRECISION_MS = 20

/** The content type of {@link exposition}. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Memory, CPU, event loop and the like of this process. Delays and collections count from the first time on. */
export class ProcessMetrics {
  #reading: Promise<() => Promise<unknown[]>> | undefined

  async read(): Promise<MetricJson[]> {
    this.#reading ??= begin()
    const read = await this.#reading
    const metrics = (await read()) as MetricJson[]
    // A mean of no values is NaN, which JSON cannot transfer between processes.
    return metrics.map((metric) => ({
      ...metric,
      values: metric.values.filter(({ value }) => Number.isFinite(value)),
    }))
  }
}

async function begin(): Promise<() => Promise<unknown[]>> {
  const { Registry, collectDefaultMetrics } = await promClient()
  const register = new Registry()
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS })
  return () => register.getMetricsAsJSON()
}

/**
 * The text that Prometheus reads.
 *
 * @param processes metrics of each process; one is a list of one
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export async function exposition(processes: readonly (readonly MetricJson[])[]): Promise<string> {
  const { AggregatorRegistry } = await promClient()
  return AggregatorRegistry.aggregate([...processes]).metrics()
}

async function promClient() {
  return (await import('prom-client')).default
}
