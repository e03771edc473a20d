/** Runs the tasks beside serving: watches files, renews certificates, serves metrics. */
import type { AddressInfo } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Secured } from '../config/listen-tls.ts'
import { watchListenTls } from '../config/listen-tls.ts'
import { mcpAuthorizationFaults } from '../config/mcp-authorization.ts'
import type { GatewayConfig } from '../config/types.ts'
import { configWarnings } from '../config/warnings.ts'
import { FileWatch } from '../config/watch.ts'
import { exposition } from '../src/metrics/exposition.ts'
import type { MetricsPort } from '../src/metrics/port.ts'
import { listenForMetrics } from '../src/metrics/port.ts'
import type { MetricJson } from '../src/metrics/snapshot.ts'
import { listenFailure } from './listen-failure.ts'

/**
 * Reloads when the content of the file or of a key file changes, and on SIGHUP.
 *
 * @returns stops watching
 */
export function watchFiles(
  file: string,
  named: () => readonly string[],
  read: () => Promise<void>,
): () => void {
  let files = [file, ...named()]
  const reload = async (): Promise<void> => {
    await read()
    const now = [file, ...named()]
    if (isDeepStrictEqual(now, files)) return
    files = now
    await watch.watch(files)
    // Finds changes that were made before the watch started.
    await reload()
  }
  const watch = new FileWatch(files, () => void reload())
  process.on('SIGHUP', () => void reload())
  return () => watch.stop()
}

/**
 * Serves metrics on a separate port, if one is configured, also while the process drains.
 *
 * @param gather collects the metrics of each process
 */
export async function serveMetrics(
  { metrics: { host, port } }: GatewayConfig,
  logger: FastifyBaseLogger,
  gather: () => Promise<readonly (readonly MetricJson[])[]>,
): Promise<MetricsPort | undefined> {
  if (port === undefined) return undefined
  const text = async () => exposition(await gather())
  const listening = await listenForMetrics({ host, port }, text).catch((error: unknown) => {
    throw listenFailure(error, { section: 'metrics', host, port })
  })
  logger.info({ url: `${listening.url}/metrics` }, 'metrics')
  return listening
}

/** Applies a renewed certificate to new connections; open connections continue. @param lookMs see `watchFiles` */
export function renewCertificate(
  app: FastifyInstance,
  { listen }: GatewayConfig,
  logger: FastifyBaseLogger,
  lookMs?: number,
): () => void {
  const server: unknown = app.server
  if (listen.tls === undefined || !(server instanceof TlsServer)) return () => {}
  const events = {
    onRenewed: (secured: Secured) => {
      server.setSecureContext(secured)
      logger.info('renewed certificate in force')
    },
    onFailure: (reason: string) =>
      logger.warn({ reason }, 'renewed certificate refused: the previous one stays in force'),
  }
  return watchListenTls(listen.tls, events, lookMs)
}

/** Logs warnings about insecure settings of the configuration in force. */
export function logWarnings(
  config: GatewayConfig,
  { address }: AddressInfo,
  logger: FastifyBaseLogger,
): void {
  for (const warning of configWarnings(config, address)) logger.warn({ address }, warning)
  for (const { text } of mcpAuthorizationFaults(config)) logger.warn(text)
}
