/** The composer as the gateway sees it: one more upstream, on a Unix socket. */
import type { GatewayConfig, UpstreamConfig } from '../config/types.ts'

/** Name of the upstream, for logs and `/gateway/status`. */
export const COMPOSER = 'composer'

/** Set in the environment of the composer by the gateway that starts it: where members are called. */
export const GATEWAY_URL_VARIABLE = 'AGENTOS_GATEWAY_URL'

/** The same configuration with the composer as its first upstream: of two that serve an id, the first has it. */
export function withComposer(config: GatewayConfig, socketPath: string): GatewayConfig {
  if (config.composition === undefined) return config
  return { ...config, upstreams: [composerAt(socketPath), ...config.upstreams] }
}

function composerAt(socketPath: string): UpstreamConfig {
  return {
    name: COMPOSER,
    urls: ['http://composer'],
    socketPath,
    discover: true,
    prefix: '',
    databasePrefix: '',
    credentials: { kind: 'forward' },
    configToken: undefined,
    serviceAccounts: false,
    cookies: 'none',
    timeouts: {
      connectTimeoutMs: 5_000,
      agentTimeoutMs: 0,
      // A run is limited by its own deadline and by the limits of its members.
      teamTimeoutMs: 0,
      streamIdleTimeoutMs: 0,
      // Its `/config` changes with the configuration, and asking a local process is cheap.
      configTtlMs: 5_000,
    },
  }
}
