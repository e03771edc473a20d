/** `agentos-gateway start`: listens, and leaves in order. */
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { Server as TlsServer } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import closeWithGrace from 'close-with-grace'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from '../app.ts'
import { watchListenTls } from '../config/listen-tls.ts'
import type { GatewayConfig } from '../config/types.ts'
import { FileWatch } from '../config/watch.ts'
import { exposition } from '../src/metrics/exposition.ts'
import { listenForMetrics } from '../src/metrics/port.ts'
import { VERSION } from '../src/version.ts'
import { openLogs } from './logs.ts'
import { trimMemoryOnceIdle } from './memory.ts'
import type { CommandLine } from './options.ts'
import { configText, Loader } from './options.ts'
import { tracingFrom } from './tracing.ts'
import { Unexpected } from './unexpected.ts'

/** Not what ends the process: SIGHUP reloads, SIGUSR2 opens log files anew, and see {@link Unexpected}. */
const SKIP = ['SIGHUP', 'SIGUSR2', 'uncaughtException', 'unhandledRejection'] as const
/** Time for closing what is left once draining is over, in milliseconds. */
const CLOSE_MS = 5_000

/**
 * Serves until a signal ends it. Without a configuration two demo upstreams run inside the process.
 *
 * @throws {ConfigError} when the config file can't be used; otherwise when the address can't be listened on
 */
export async function start(commandLine: CommandLine): Promise<void> {
  const { config: file } = commandLine
  const isDemo = file === undefined && configText(commandLine) === undefined
  const demo = isDemo ? await startDemo() : undefined
  const loader = new Loader(commandLine, demo?.upstreams)
  const load = () => loader.load()
  const config = load()
  const log = await openLogs(config.log)
  const { logs } = log
  const tracing = await tracingFrom(process.env, logs.tracing)
  const app = await buildApp({ config, logs, load, tracing })
  const logger = logs.gateway
  const { host, port } = config.listen
  await app.listen({ host, port })
  const address = app.server.address() as AddressInfo
  const url = `${config.listen.tls ? 'https' : 'http'}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
  logger.info(
    { url, id: config.id, version: VERSION, upstreams: config.upstreams.length },
    'listening',
  )
  const metrics = await serveMetrics(app, config)
  warnOfOpenDoor(config, address, logger)
  trimMemoryOnceIdle(() => app.openRelays.size === 0)
  const stopWatching = renewCertificate(app, config, logger)
  if (demo) process.stdout.write(demo.greeting(url))
  for (const signal of ['SIGHUP', 'SIGUSR2']) process.on(signal, () => log.reopen())
  const watch = file === undefined ? undefined : reloadOnChange(app, file, () => loader.files)

  const unexpected = new Unexpected(logger, () => void closing.close()).listen()
  const closing = closeWithGrace(
    { delay: false, logger: false, skip: [...SKIP] },
    async ({ signal }) => {
      watch?.stop()
      stopWatching()
      const { drainTimeoutMs, drainDelayMs } = app.engine.current.config
      logger.info({ signal, open: app.openRelays.size }, 'draining')
      await app.drain(drainTimeoutMs, drainDelayMs)
      await Promise.race([app.close(), setTimeout(CLOSE_MS)])
      await metrics?.close()
      await demo?.close()
      logger.info('closed')
      await log.close()
      // Exit code 1: whoever watches the process is to start another.
      if (unexpected.isTooMuch) throw new Error('too many unexpected errors')
    },
  )
}

/** Reloads when the file, or a key file it names, has other contents, and on SIGHUP. */
function reloadOnChange(app: FastifyInstance, file: string, named: () => readonly string[]) {
  let files = [file, ...named()]
  const reload = async (): Promise<void> => {
    await app.reload()
    const now = [file, ...named()]
    if (isDeepStrictEqual(now, files)) return
    files = now
    await watch.watch(files)
    // A file that changed before it was watched would go unnoticed.
    await reload()
  }
  const watch = new FileWatch(files, () => void reload())
  process.on('SIGHUP', () => void reload())
  return watch
}

/** Metrics go on being told while the process drains. */
async function serveMetrics(app: FastifyInstance, { metrics: { host, port } }: GatewayConfig) {
  if (port === undefined) return undefined
  const listening = await listenForMetrics({ host, port }, async () =>
    exposition([await app.metrics()]),
  )
  app.logs.gateway.info({ url: `${listening.url}/metrics` }, 'metrics')
  return listening
}

/** Connections made from now on get the new certificate; those that are open go on. */
function renewCertificate(
  app: FastifyInstance,
  { listen }: GatewayConfig,
  logger: FastifyBaseLogger,
): () => void {
  const server: unknown = app.server
  if (listen.tls === undefined || !(server instanceof TlsServer)) return () => {}
  return watchListenTls(listen.tls, {
    onRenewed: (pair) => {
      server.setSecureContext(pair)
      logger.info('took over the renewed certificate')
    },
    onFailure: (reason) => logger.warn({ reason }, 'the certificate stays as it was'),
  })
}

/** Without authentication, whoever reaches the port may run everything. */
function warnOfOpenDoor(
  config: GatewayConfig,
  { address }: AddressInfo,
  logger: FastifyBaseLogger,
): void {
  const isLoopback = address === '::1' || address.startsWith('127.')
  if (config.auth.mode !== 'none' || isLoopback) return
  logger.warn(
    { address },
    'AUTHENTICATION IS OFF and the gateway listens beyond this machine: anybody who reaches it can run every agent. Set auth.mode: jwt',
  )
}

async function startDemo() {
  const { startDemo: start } = await import('../demo/index.ts')
  const { greeting } = await import('./greeting.ts')
  const demo = await start()
  return { ...demo, greeting }
}
