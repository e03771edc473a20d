/** `agentos-gateway compose`: runs the composed teams and workflows of a configuration, as a process of its own. */
import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { FastifyBaseLogger } from 'fastify'
import type { Composer } from '../composer/app.ts'
import { buildComposer } from '../composer/app.ts'
import { assertExpressions } from '../composer/check.ts'
import type { GatewayAddress } from '../composer/gateway-upstream.ts'
import type { CompositionConfig } from '../config/composition-types.ts'
import type { GatewayConfig } from '../config/types.ts'
import { composerWarnings } from '../config/warnings.ts'
import { ComposerMetrics } from './composer-metrics.ts'
import { openStore } from './composer-store.ts'
import {
  COMPOSER_KEY_VARIABLE,
  MEMBER_SOCKET_VARIABLE,
  RESTARTS_VARIABLE,
} from './composer-upstream.ts'
import { openLogs } from './logs.ts'
import { UsageError } from './option-table.ts'
import type { CommandLine } from './options.ts'
import { givenConfig } from './options.ts'
import { watchFiles } from './serve.ts'
import { tracingFrom } from './tracing.ts'
import type { Peer } from './workers/channel.ts'
import { Channel } from './workers/channel.ts'

/** Signals of a composer beside a gateway, which ends it: a service manager sends them to both processes at once. */
const OF_THE_GATEWAY = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const

/** Options of the command line. */
export interface ComposeCommandLine extends CommandLine {
  /** Unix socket to listen on instead of host and port. */
  readonly socket?: string
}

/**
 * Serves until a signal ends the process.
 *
 * @throws {ConfigError} for an invalid configuration
 * @throws {UsageError} for a configuration without composed components, or without the gateway's address
 */
export async function compose(commandLine: ComposeCommandLine): Promise<void> {
  const { config: file, socket } = commandLine
  const config = givenConfig(commandLine)
  const composition = assertExpressions(config, file)
  if (composition === undefined)
    throw new UsageError(
      'the configuration has no composed team or workflow: see docs/composition.md',
    )
  const gateway = gatewayFor(composition)
  const log = await openLogs(config.log)
  const logger = log.logs.gateway
  const store = await openStore(composition.composer.database, logger)
  const tracing = await tracingFrom(process.env, log.logs.tracing)
  const { scopesClaim, adminScope } = config.auth
  const key = process.env[COMPOSER_KEY_VARIABLE]
  const hasGateway = process.send !== undefined
  // A gateway counts the members of the composer beside it; another one does not know its requests.
  const metrics = hasGateway ? undefined : await ComposerMetrics.serve(config, logger)
  const admin = { scopesClaim, adminScope }
  const composer = buildComposer({
    composition,
    gateway,
    store,
    logger,
    accessLog: log.logs.access,
    tracing,
    key,
    admin,
    traffic: metrics?.traffic,
    restarts: Number(process.env[RESTARTS_VARIABLE] ?? 0),
  })
  const url = await listen(composer, config, socket)
  const warnings = socket === undefined ? composerWarnings(config.listen.host) : []
  for (const warning of warnings) logger.warn(warning)
  logger.info({ url, ...countOf(composition) }, 'composer listening')
  const reload = async () => takeOver(composer, commandLine, logger)
  const stopWatching = file === undefined ? undefined : watchFiles(file, () => [], reload)
  const skip = ['SIGHUP', 'SIGUSR2', ...(hasGateway ? OF_THE_GATEWAY : [])] as const
  const closing = closeWithGrace({ delay: false, logger: false, skip: [...skip] }, async () => {
    stopWatching?.()
    await composer.close()
    await metrics?.close()
    await tracing?.shutdown()
    await log.close()
  })
  if (hasGateway) followGateway(composer, () => void closing.close())
}

/** @throws {UsageError} without the address of the gateway */
function gatewayFor({ composer }: CompositionConfig): GatewayAddress {
  const { gatewayUrl: url, gatewayTls: tls } = composer
  if (url !== undefined) return { url, tls }
  const socketPath = process.env[MEMBER_SOCKET_VARIABLE]
  if (socketPath !== undefined) return { socketPath }
  throw new UsageError('set composer.gateway_url to the URL of the gateway')
}

/** Ends this process with its gateway: on request, or when the gateway has crashed. */
function followGateway(composer: Composer, close: () => void): void {
  for (const signal of OF_THE_GATEWAY) process.on(signal, () => undefined)
  new Channel(process as unknown as Peer, (topic) => {
    if (topic === 'suspend') return composer.suspend()
    return topic === 'close' ? close() : undefined
  })
  process.once('disconnect', close)
}

async function listen(
  { app }: Composer,
  config: GatewayConfig,
  socket: string | undefined,
): Promise<string> {
  if (socket !== undefined) return await app.listen({ path: socket })
  const { host, port } = config.listen
  await app.listen({ host, port })
  return `http://${host}:${(app.server.address() as AddressInfo).port}`
}

async function takeOver(
  composer: Composer,
  commandLine: CommandLine,
  logger: FastifyBaseLogger,
): Promise<void> {
  try {
    const composition = assertExpressions(givenConfig(commandLine), commandLine.config)
    if (composition === undefined) return
    composer.reload(composition)
    logger.info(countOf(composition), 'compositions in force')
  } catch (error) {
    const issues = (error instanceof Error ? error.message : String(error)).split('\n')
    logger.error({ issues }, 'compositions refused: the previous ones stay in force')
  }
}

function countOf({ teams, workflows }: CompositionConfig) {
  return { teams: teams.length, workflows: workflows.length }
}
