/** Creates the upstream of a remote that is used without a gateway. */
import type { A2aBinding, UpstreamConfig, UpstreamProtocol } from '../../config/types.ts'
import type { RemoteBinding } from '../remote/base-remote.ts'
import { ConfigCache } from '../remote/config-cache.ts'
import { Ticker } from '../upstream/ticker.ts'
import { Upstream } from '../upstream/upstream.ts'

/** Parameters of every remote, as Agno's. */
export interface RemoteOptions {
  /** Base URL of the AgentOS, such as `http://localhost:7777`, or of the A2A server. */
  readonly baseUrl: string
  /** Protocol of the server. Default `agentos`. */
  readonly protocol?: UpstreamProtocol['kind']
  /** For `a2a`: one address for all operations (`json-rpc`), or a path for each (`rest`). Default `rest`. */
  readonly a2aProtocol?: A2aBinding
  /** Longest silence before a response in seconds, 0 for no limit. Default 60 for agents, 300 for teams and workflows. */
  readonly timeout?: number
  /** How long a fetched config counts as fresh, in seconds. Default 300. */
  readonly configTtl?: number
  /** Bearer token for fetching configs, for an AgentOS that protects them. Default none. */
  readonly configToken?: string
}

const DEFAULT_CONFIG_TTL_MS = 300_000

/** Returns an upstream of one replica with Agno's defaults. */
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
