/** Adds the composer to the gateway's upstreams, over a Unix socket. */
import type { GatewayConfig, UpstreamConfig } from '../config/types.ts'
import { COMPOSER } from '../src/status.ts'

/** Environment variable of the composer with the gateway's Unix socket, at which it calls the members. */
export const MEMBER_SOCKET_VARIABLE = 'AGENTOS_GATEWAY_MEMBER_SOCKET'

/** Environment variable of the composer with the key that signs the identity of callers without a token. */
export const COMPOSER_KEY_VARIABLE = 'AGENTOS_COMPOSER_KEY'

/** Environment variable of the composer with the number of its restarts. */
export const RESTARTS_VARIABLE = 'AGENTOS_COMPOSER_RESTARTS'

/** Facts that the gateway knows of the composer beside it. */
export interface ComposerLink {
  readonly socketPath: string
  /** Key of the identities of callers without a token; undefined accepts none. */
  readonly key: string | undefined
}

/**
 * Returns the configuration with the composer as first upstream: when two upstreams serve an id, the first one owns it.
 */
export function withComposer(
  config: GatewayConfig,
  { socketPath, key: composerKey }: ComposerLink,
): GatewayConfig {
  if (config.composition === undefined) return config
  return {
    ...config,
    auth: { ...config.auth, composerKey },
    upstreams: [composerAt(socketPath, composerKey), ...config.upstreams],
  }
}

function composerAt(socketPath: string, identityKey: string | undefined): UpstreamConfig {
  return {
    name: COMPOSER,
    urls: ['http://composer'],
    socketPath,
    discover: true,
    prefix: '',
    databasePrefix: '',
    credentials: { kind: 'forward', identityKey },
    configToken: undefined,
    serviceAccounts: false,
    cookies: 'none',
    timeouts: {
      connectTimeoutMs: 5_000,
      agentTimeoutMs: 0,
      // The run's deadline and the members' limits apply instead.
      teamTimeoutMs: 0,
      streamIdleTimeoutMs: 0,
      // Short, because its `/config` changes with the configuration and a local request is cheap.
      configTtlMs: 5_000,
    },
  }
}
