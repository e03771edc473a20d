/** Starts gateways that listen for the duration of one test. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import { buildApp } from '../../app.ts'
import { openAudit } from '../../cli/audit/open-audit.ts'
import { parseConfig } from '../../config/parse.ts'
import type { GatewayConfig } from '../../config/types.ts'
import { areaLogs } from '../../plugins/logs.ts'
import type { Tracing } from '../../src/tracing/tracing.ts'
import { startAgentOs } from './agentos.ts'
import { LogCapture } from './log-capture.ts'

export interface RunningGateway {
  readonly url: string
  readonly port: number
  readonly app: FastifyInstance
  readonly log: LogCapture
  /** Resolves once the gateway has logged that an upstream is in a state. */
  upstreamIs(name: string, state: string): Promise<void>
  /** Destroys every connection. Happens automatically when the test ends. */
  close(): Promise<void>
}

/** Returns the configuration that a file with these keys gives. */
export function configOf(document: object): GatewayConfig {
  const result = parseConfig(document)
  if ('config' in result) return result.config
  throw new Error(JSON.stringify(result.issues))
}

interface GatewayOptions {
  readonly ready?: readonly string[]
  readonly load?: () => GatewayConfig
  readonly tracing?: Tracing | undefined
  /** Changes the configuration before it is used. */
  readonly adapt?: (config: GatewayConfig) => GatewayConfig
  /** Addresses to listen on. Default: 127.0.0.1. */
  readonly hosts?: readonly [string, ...string[]]
}

/**
 * Builds the app, listens on a free port and waits until every upstream in `ready` is ready.
 *
 * @param document keys of the configuration file
 * @param options.load reads the configuration for a reload
 */
export async function startGateway(
  document: object,
  options: GatewayOptions = {},
): Promise<RunningGateway> {
  const { ready = [], load, tracing, adapt = (config) => config } = options
  const log = new LogCapture()
  const config = adapt(configOf(document))
  const logs = areaLogs(log.logger, config.log)
  const audit =
    config.audit && (await openAudit(config.audit, { logger: logs.gateway, worker: undefined }))
  const app = await buildApp({
    config,
    logs,
    tracing,
    audit: audit?.trail,
    ...(load && { load }),
  })
  const upstreamIs = async (name: string, state: string) => {
    await log.until((line) => line['upstream'] === name && line['state'] === state)
  }
  await app.listenOn({ hosts: options.hosts ?? ['127.0.0.1'], port: 0 })
  const closeAll = async () => {
    app.server.closeAllConnections()
    await app.close()
    await audit?.close()
  }
  let closing: Promise<void> | undefined
  const close = () => (closing ??= closeAll())
  onTestFinished(close)
  const { port } = app.server.address() as AddressInfo
  await Promise.all(ready.map((name) => upstreamIs(name, 'ready')))
  return { url: `http://127.0.0.1:${port}`, port, app, log, upstreamIs, close }
}

/** Starts a gateway in front of running upstreams, given by name. */
export function gatewayOf(
  urls: Readonly<Record<string, string>>,
  document: object = {},
): Promise<RunningGateway> {
  const upstreams = Object.entries(urls).map(([name, url]) => ({ name, url }))
  return startGateway({ upstreams, ...document }, { ready: Object.keys(urls) })
}

/** Starts a gateway with the agent `echo` at upstream `a`, configured without discovery. */
export function gatewayTo(url: string, document: object = {}): Promise<RunningGateway> {
  return startGateway({
    upstreams: [{ name: 'a', url, discover: false }],
    agents: [{ upstream: 'a', agent_id: 'echo' }],
    teams: [{ upstream: 'a', team_id: 'duo' }],
    workflows: [{ upstream: 'a', workflow_id: 'flow' }],
    ...document,
  })
}

/** Starts a fake AgentOS with the agent `echo`, and a gateway in front of it as upstream `a`. */
export async function gatewayWithUpstream() {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  return { upstream, gateway }
}
