/** Supervises the workers and serves no request itself. Loaded only with several workers. */
import { isDeepStrictEqual } from 'node:util'
import type { GatewayConfig } from '../../config/types.ts'
import type { MetricJson } from '../../src/metrics/snapshot.ts'
import { VERSION } from '../../src/version.ts'
import { SharedState } from '../../src/workers/shared-state.ts'
import type { ComposerSupervisor } from '../composer.ts'
import type { UpstreamSummary } from '../greeting.ts'
import { greet, sourceOf } from '../greeting.ts'
import { openLogs } from '../logs.ts'
import type { Loader } from '../options.ts'
import { serveMetrics, watchFiles } from '../serve.ts'
import type { WorkerStartup } from './worker.ts'
import { StartFailed, WorkerPool } from './worker-pool.ts'

/** Time for workers to exit after their draining time, in milliseconds. */
const END_MS = 15_000

interface Beside {
  /** Configuration file to watch. */
  readonly file: string | undefined
  readonly composer: ComposerSupervisor | undefined
}

/**
 * Starts the workers and restarts those of them that exit. Passes reloads, drains and signals to all of them.
 *
 * @param beside further tasks of this process
 */
export async function supervise(
  config: GatewayConfig,
  loader: Loader,
  { file, composer }: Beside,
): Promise<void> {
  const log = await openLogs(config.log)
  const logger = log.logs.gateway
  const active = new ActiveConfig(config, composer?.memberPath)
  const pool: WorkerPool = new WorkerPool({
    count: config.workers,
    logger,
    state: new SharedState(config.affinity.size),
    startup: () => active.startup,
    reload: () => reload(),
    describe: () => loader.describe(),
    onDrained: async () => composer?.suspend(),
    onListening: (version) => {
      if (version !== active.version || active.refusal !== undefined) void pass()
    },
  })

  /** Reads the configuration once, so that all workers get the same configuration or the same errors. */
  async function reload(): Promise<void> {
    active.read(() => loader.load())
    await pass()
  }

  async function pass(): Promise<void> {
    const { refusal } = active
    if (refusal === undefined) await pool.sendToAll('config', active.startup.config)
    else await pool.sendToAll('refuse', refusal)
  }

  let stopWatching = () => {}
  let metrics: Awaited<ReturnType<typeof serveMetrics>>
  let isEnding = false
  async function end(signal: string): Promise<void> {
    if (isEnding) {
      pool.kill()
      process.exit(1)
    }
    isEnding = true
    stopWatching()
    const { drainTimeoutMs, drainDelayMs } = active.startup.config
    logger.info({ signal }, 'draining the workers')
    await pool.drain(drainTimeoutMs + drainDelayMs + END_MS)
    await composer?.close()
    await metrics?.close()
    logger.info('closed')
    await log.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    process.on(signal, () => void end(signal))
  }
  for (const signal of ['SIGHUP', 'SIGUSR2'] as const) {
    process.on(signal, () => {
      log.reopen()
      void pool.sendToAll('reopen')
    })
  }

  metrics = await serveMetrics(config, logger, async () => {
    return (await pool.gather('metrics')) as MetricJson[][]
  })
  let url = ''
  try {
    url = await pool.start()
    composer?.start(logger)
    const { id, upstreams, workers } = config
    logger.info({ url, id, version: VERSION, upstreams: upstreams.length, workers }, 'listening')
  } catch (error) {
    if (!(error instanceof StartFailed)) throw error
    await log.close()
    process.exit(error.exitCode)
  }
  const source = sourceOf(file)
  void greet({ config, url, source, metricsUrl: metrics?.url }, async () => {
    const [status] = (await pool.gather('status')) as { upstreams: UpstreamSummary[] }[]
    return status?.upstreams ?? []
  })
  if (file !== undefined) stopWatching = watchFiles(file, () => loader.files, reload)
}

/** The configuration of all workers. */
class ActiveConfig {
  readonly #first: GatewayConfig
  readonly #memberPath: string | undefined
  #config: GatewayConfig
  version = 1
  /** Reason why the file is not in force. */
  refusal: string | undefined

  constructor(config: GatewayConfig, memberPath: string | undefined) {
    this.#first = config
    this.#memberPath = memberPath
    this.#config = config
  }

  read(load: () => GatewayConfig): void {
    try {
      const config = load()
      this.refusal = undefined
      if (isDeepStrictEqual(config, this.#config)) return
      this.#config = config
      this.version++
    } catch (error) {
      this.refusal = error instanceof Error ? error.message : String(error)
    }
  }

  get startup(): WorkerStartup {
    const memberPath = this.#memberPath
    return { config: this.#config, first: this.#first, version: this.version, memberPath }
  }
}
