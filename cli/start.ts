/** `agentos-gateway start`: listens, serves, and shuts down in order. */
import type { AddressInfo } from 'node:net'
import { dirname, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../app.ts'
import type { GatewayConfig } from '../config/types.ts'
import { listenAddresses } from '../src/listeners.ts'
import { engineStatus } from '../src/status.ts'
import { VERSION } from '../src/version.ts'
import type { AuditWriter, ProcessAudit } from './audit/open-audit.ts'
import type { ComposerSupervisor } from './composer.ts'
import { consoleFiles } from './console-files.ts'
import { greet, sourceOf } from './greeting.ts'
import { listenFailure } from './listen-failure.ts'
import type { ProcessLogs } from './logs.ts'
import { openLogs } from './logs.ts'
import { trimMemoryOnceIdle } from './memory.ts'
import type { CommandLine, DemoParts } from './options.ts'
import {
  CONFIG_VARIABLE,
  configFile,
  configText,
  demoText,
  Loader,
  WORKER_VARIABLE,
} from './options.ts'
import { logWarnings, renewCertificate, serveMetrics, watchFiles } from './serve.ts'
import { tracingFrom } from './tracing.ts'
import { UnexpectedErrors } from './unexpected-errors.ts'

/**
 * Size of the accept backlog; the system may lower it. Node's default of 511 overflows when thousands of clients connect
 * at once.
 */
const BACKLOG = 4_096

/**
 * Events that do not end the process: SIGHUP reloads, SIGUSR2 reopens log files, and {@link UnexpectedErrors} handles
 * the others.
 */
const SKIP = ['SIGHUP', 'SIGUSR2', 'uncaughtException', 'unhandledRejection'] as const
/** Signals do not end a worker: the primary process does. */
const SKIP_IN_WORKERS = [...SKIP, 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const
/** Time for closing the remaining parts after draining, in milliseconds. */
const CLOSE_MS = 5_000

/**
 * Serves until a signal ends the process. Without a configuration, two demo upstreams run inside the process. With
 * several workers, this process supervises them and serves no request.
 *
 * @throws {ConfigError} for an invalid file, or an Error when the address cannot be bound
 */
export async function start(commandLine: CommandLine): Promise<void> {
  if (process.env[WORKER_VARIABLE] !== undefined) return startWorker()
  const file = commandLine.demo ? undefined : configFile(commandLine)
  const isDemo = commandLine.demo || (file === undefined && configText(commandLine) === undefined)
  const demo = isDemo ? await startDemo() : undefined
  const loader = new Loader(commandLine, demo)
  const load = () => loader.load()
  const composer = await composerFor(load(), loader, { file, demo })
  // Includes the composer as an upstream.
  const config = load()
  if (config.workers > 1) {
    const { supervise } = await import('./workers/primary.ts')
    return supervise(config, loader, { file, composer })
  }
  const log = await openLogs(config.log)
  const { logs } = log
  const logger = logs.gateway
  const tracing = await tracingFrom(process.env, logs.tracing)
  const audit = await auditFor(config, { logger, worker: undefined })
  const app = await buildApp({
    config,
    logs,
    load,
    tracing,
    audit: audit?.trail,
    describeConfig: () => loader.describe(),
    consoleFiles,
  })
  // Bound first: a gateway with unreadable metrics does not start.
  const metrics = await serveMetrics(config, logger, async () => [await app.metrics()])
  if (composer) await app.listenForMembers(composer.memberPath)
  const url = await listen(app, config)
  logger.info(
    { url, id: config.id, version: VERSION, upstreams: config.upstreams.length },
    'listening',
  )
  composer?.start(logger)
  for (const signal of ['SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => {
      log.reopen()
      audit?.reopen()
    })
  }
  const stopWatching =
    file === undefined ? undefined : watchFiles(file, () => loader.files, app.reload)
  shutDownGracefully(app, config, log, {
    skip: SKIP,
    onShutdown: () => stopWatching?.(),
    onDrained: async () => composer?.suspend(),
    onClosed: async () => {
      await composer?.close()
      await metrics?.close()
      await demo?.close()
      await audit?.close()
    },
  })
  const source = isDemo ? 'demo' : sourceOf(file)
  void greet(
    { config, url, source, metricsUrl: metrics?.url },
    async () => engineStatus(app.engine.current, performance.now()).upstreams,
  )
}

/** Prepares the composer, if anything is composed. @throws {ConfigError} when an expression is not valid CEL */
async function composerFor(
  config: GatewayConfig,
  loader: Loader,
  { file, demo }: { readonly file: string | undefined; readonly demo: DemoParts | undefined },
): Promise<ComposerSupervisor | undefined> {
  if (config.composition === undefined) return undefined
  const { assertExpressions } = await import('../composer/check.ts')
  const { ComposerSupervisor } = await import('./composer.ts')
  assertExpressions(config, file)
  const { database } = config.composition.composer
  const supervisor = new ComposerSupervisor({
    file,
    ...(demo && { env: { [CONFIG_VARIABLE]: demoText(demo) } }),
    directories: database.kind === 'sqlite' ? [dirname(resolve(database.file))] : [],
  })
  const { socketPath, key } = supervisor
  loader.composer = { socketPath, key, assertExpressions }
  return supervisor
}

/** Opens the audit log of this process. Undefined where it is off, so that its modules are not loaded. */
async function auditFor(
  { audit }: GatewayConfig,
  writer: AuditWriter,
): Promise<ProcessAudit | undefined> {
  if (audit === undefined) return undefined
  const { openAudit } = await import('./audit/open-audit.ts')
  return openAudit(audit, writer)
}

/** Starts a worker, which gets its tasks from the primary process. */
async function startWorker(): Promise<void> {
  const { Worker } = await import('./workers/worker.ts')
  const worker = await Worker.join()
  const { config, first, version, memberPath } = worker.startup
  const log = await openLogs(first.log)
  const { logs } = log
  const tracing = await tracingFrom(process.env, logs.tracing)
  const number = Number(process.env[WORKER_VARIABLE])
  const audit = await auditFor(first, { logger: logs.gateway, worker: number })
  const workerPeers = worker
  const { load } = worker
  const app = await buildApp({
    config,
    logs,
    load,
    tracing,
    first,
    version,
    workerPeers,
    audit: audit?.trail,
    describeConfig: () => worker.describeConfig(),
    consoleFiles,
  })
  if (memberPath !== undefined) await app.listenForMembers(memberPath)
  const url = await listen(app, {
    ...config,
    listen: { ...config.listen, ...listenAddress(first) },
  })
  const closing = shutDownGracefully(app, config, log, {
    skip: SKIP_IN_WORKERS,
    onDrained: () => worker.drained(),
    onClosed: async () => audit?.close(),
  })
  worker.listening(url, {
    answerTopic: (topic, args) => app.answerTopic(topic, args),
    reload: () => app.reload(),
    reopenLogs: () => {
      log.reopen()
      audit?.reopen()
    },
    drain: () => void closing.close(),
  })
}

/** All workers bind the address of the first one. */
function listenAddress({ listen: { host, port } }: GatewayConfig) {
  return { host, port }
}

async function listen(app: FastifyInstance, config: GatewayConfig): Promise<string> {
  const { host, port, tls } = config.listen
  try {
    await app.listenOn({ hosts: await listenAddresses(host), port, backlog: BACKLOG })
  } catch (error) {
    throw listenFailure(error, { section: 'listen', host, port })
  }
  const address = app.server.address() as AddressInfo
  logWarnings(config, address, app.logs.gateway)
  trimMemoryOnceIdle(() => app.openResponses.size === 0)
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${tls ? 'https' : 'http'}://${name}:${address.port}`
}

interface Shutdown {
  readonly skip: typeof SKIP | typeof SKIP_IN_WORKERS
  onShutdown?(): void
  /** Called before the open responses end. */
  onDrained?(): Promise<void>
  onClosed?(): Promise<void>
}

/** Drains, closes and ends the process, on a signal or after too many unexpected errors. */
function shutDownGracefully(
  app: FastifyInstance,
  config: GatewayConfig,
  log: ProcessLogs,
  { skip, onShutdown, onDrained, onClosed }: Shutdown,
) {
  const logger = app.logs.gateway
  const stopRenewing = renewCertificate(app, config, logger)
  const unexpected = new UnexpectedErrors(logger, () => void closing.close()).listen()
  const closing = closeWithGrace(
    { delay: false, logger: false, skip: [...skip] },
    async ({ signal }) => {
      onShutdown?.()
      stopRenewing()
      const { drainTimeoutMs, drainDelayMs } = app.engine.current.config
      logger.info({ signal, open: app.openResponses.size }, 'draining')
      await app.drain(drainTimeoutMs, drainDelayMs, onDrained)
      await Promise.race([app.close(), setTimeout(CLOSE_MS)])
      await onClosed?.()
      logger.info('closed')
      await log.close()
      // Exit code 1 makes the supervisor start another process.
      if (unexpected.isTooMuch) throw new Error('too many unexpected errors')
    },
  )
  return closing
}

async function startDemo() {
  const { startDemo: start } = await import('../demo/index.ts')
  return start()
}
