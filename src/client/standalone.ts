/** Ties a remote of the client to an upstream of its own, without a gateway. */
import type { A2aBinding, UpstreamConfig, UpstreamProtocol } from '../../config/types.ts'
import type { RemoteBinding } from '../remote/base-remote.ts'
import { ConfigCache } from '../remote/config-cache.ts'
import { Ticker } from '../upstream/ticker.ts'
import { Upstream } from '../upstream/upstream.ts'

/** Parameters every remote takes, as Agno's. */
export interface RemoteOptions {
  /** Base URL of the AgentOS, such as `http://localhost:7777`, or of the A2A server. */
  readonly baseUrl: string
  /** What is spoken there. Default `agentos`. */
  readonly protocol?: UpstreamProtocol['kind']
  /** With `a2a`: all of it at one address (`json-rpc`), or at paths of its own (`rest`). Default `rest`. */
  readonly a2aProtocol?: A2aBinding
  /** Longest silence in seconds before an answer, 0 for no limit. Default 60 for agents, 300 for teams and workflows. */
  readonly timeout?: number
  /** How long a fetched config counts as fresh, in seconds. Default 300. */
  readonly configTtl?: number
  /** Bearer token of the config fetches, for an AgentOS that shows its configs to nobody else. Default none. */
  readonly configToken?: string
}

const DEFAULT_CONFIG_TTL_MS = 300_000

/** An upstream of one replica with Agno's defaults, for a remote that is used without a gateway. */
export function standaloneBinding(
  options: RemoteOptions,
  upstreamId: string,
  defaultTimeoutMs: number,
): RemoteBinding {
  const { baseUrl, timeout, configTtl, configToken, protocol, a2aProtocol = 'rest' } = options
  const timeoutMs = timeout === undefined ? defaultTimeoutMs : timeout * 1000
  const config: UpstreamConfig = {
    name: new URL(baseUrl).host,
    urls: [baseUrl.replace(/\/+$/, '')],
    discover: false,
    prefix: '',
    databasePrefix: '',
    credentials: { kind: 'forward' },
    configToken,
    serviceAccounts: false,
    protocol:
      protocol === 'a2a'
        ? { kind: 'a2a', binding: a2aProtocol, components: [] }
        : { kind: 'agentos' },
    timeouts: {
      connectTimeoutMs: 5_000,
      agentTimeoutMs: timeoutMs,
      teamTimeoutMs: timeoutMs,
      streamIdleTimeoutMs: 300_000,
      configTtlMs: configTtl === undefined ? DEFAULT_CONFIG_TTL_MS : configTtl * 1000,
    },
  }
  const ticker = Ticker.forIntervals([timeoutMs])
  return { upstream: new Upstream(config, ticker), upstreamId, cache: new ConfigCache() }
}
