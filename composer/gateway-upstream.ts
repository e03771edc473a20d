/** Connects the composer to the gateway that serves its members: over the gateway's Unix socket, or at a URL. */
import type { TlsConfig } from '../config/tls-types.ts'
import type { UpstreamConfig } from '../config/types.ts'
import { Ticker } from '../src/upstream/ticker.ts'
import { Upstream } from '../src/upstream/upstream.ts'

/** URL of the gateway, or the Unix socket of a gateway that has started this process. */
export type GatewayAddress =
  | { readonly url: string; readonly tls?: TlsConfig | undefined }
  | { readonly socketPath: string }

/**
 * Silence limit of requests to the gateway. It is longer than the gateway's own limits, so that the gateway reports the
 * error.
 */
const SILENCE_MS = 3_600_000
const NO_TLS = { ca: undefined, cert: undefined, key: undefined, serverName: undefined }

/**
 * Creates the connections. All versions of the definitions share them, so that runs continue when the definitions change.
 */
export function gatewayUpstream(address: GatewayAddress): Upstream {
  const config = gatewayAt(address)
  const isDirect = 'url' in address && isLoopback(address.url)
  return new Upstream(config, Ticker.forIntervals([SILENCE_MS]), { isDirect })
}

function gatewayAt(address: GatewayAddress): UpstreamConfig {
  return {
    name: 'gateway',
    urls: ['url' in address ? address.url : 'http://gateway'],
    ...('socketPath' in address && address),
    discover: false,
    prefix: '',
    databasePrefix: '',
    credentials: { kind: 'forward' },
    configToken: undefined,
    serviceAccounts: false,
    tls: 'url' in address ? tlsOf(address.url, address.tls) : undefined,
    timeouts: {
      connectTimeoutMs: 5_000,
      agentTimeoutMs: SILENCE_MS,
      teamTimeoutMs: SILENCE_MS,
      streamIdleTimeoutMs: SILENCE_MS,
      configTtlMs: 300_000,
    },
  }
}

/** The gateway on the same host answers on loopback, with a certificate for another host name. */
function tlsOf(url: string, tls: TlsConfig | undefined): TlsConfig | undefined {
  return tls ?? (isLoopback(url) ? { ...NO_TLS, verify: false } : undefined)
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === '[::1]' || hostname.startsWith('127.')
}
