/** Serves the metrics of a composer that runs alone: member runs by the composed component, and those of the process. */
import type { FastifyBaseLogger } from 'fastify'
import type { GatewayConfig } from '../config/types.ts'
import { ComposedTraffic } from '../src/metrics/composed-traffic.ts'
import { ProcessMetrics } from '../src/metrics/exposition.ts'
import type { MetricsPort } from '../src/metrics/port.ts'
import { Snapshot } from '../src/metrics/snapshot.ts'
import { VERSION } from '../src/version.ts'
import { serveMetrics } from './serve.ts'

/** Counts, and the port that shows them. */
export class ComposerMetrics {
  readonly traffic = new ComposedTraffic()
  readonly #ofProcess = new ProcessMetrics()
  #port: MetricsPort | undefined

  /**
   * @returns undefined without `metrics.port`
   * @throws when the port cannot be bound
   */
  static async serve(
    config: GatewayConfig,
    logger: FastifyBaseLogger,
  ): Promise<ComposerMetrics | undefined> {
    const metrics = new ComposerMetrics()
    metrics.#port = await serveMetrics(config, logger, async () => [await metrics.#read()])
    return metrics.#port && metrics
  }

  async close(): Promise<void> {
    await this.#port?.close()
  }

  async #read() {
    const snapshot = new Snapshot()
    this.traffic.addTo(snapshot)
    snapshot.add('buildInfo', 1, { version: VERSION, node: process.versions.node })
    // The other metrics of the table are the gateway's.
    const own = snapshot.metrics.filter(({ values }) => values.length > 0)
    return [...own, ...(await this.#ofProcess.read())]
  }
}
