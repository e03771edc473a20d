/** What RemoteAgent, RemoteTeam and RemoteWorkflow share: where they live, how they are asked, what is known of them. */
import type {
  A2aBinding,
  ComponentKind,
  OnDisconnect,
  UpstreamConfig,
  UpstreamProtocol,
} from '../../config/types.ts'
import { A2aClient } from '../a2a/client.ts'
import type { Identity } from '../auth/caller.ts'
import { ownIdentity } from '../auth/caller.ts'
import { AgentOSError } from '../client/agentos-error.ts'
import type { OsConfig } from '../client/card.ts'
import { RefusedAnswer } from '../errors.ts'
import type { WholeResponse } from '../upstream/collect.ts'
import { collect } from '../upstream/collect.ts'
import type { Exchange, ResponseSink, SendOptions, UpstreamRequest } from '../upstream/exchange.ts'
import { Ticker } from '../upstream/ticker.ts'
import type { FetchOptions } from '../upstream/upstream.ts'
import { Upstream } from '../upstream/upstream.ts'
import type { CachedAnswer } from './config-cache.ts'
import { ConfigCache } from './config-cache.ts'

/** Ties a remote to an upstream that others use too; how the gateway makes its remotes. */
export interface RemoteBinding {
  readonly upstream: Upstream
  /** Id on the upstream. */
  readonly upstreamId: string
  /** Id that callers use. Default `upstreamId`. */
  readonly id?: string
  readonly cache: ConfigCache
  /** Longest silence in milliseconds. Default by kind. */
  readonly timeoutMs?: number | undefined
  /** Default: the upstream's. */
  readonly configTtlMs?: number | undefined
  /** Default: the upstream's. */
  readonly onDisconnect?: OnDisconnect | undefined
}

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

/** A request below `/{kind}/{id}`: the path starts after the id. */
export type ComponentRequest = UpstreamRequest

/** A component's card as AgentOS answers it. Keys an AgentOS adds later are kept. */
export interface ComponentCard {
  readonly id?: string
  readonly name?: string | null
  readonly description?: string | null
  readonly db_id?: string | null
  readonly [key: string]: unknown
}

const DEFAULT_CONFIG_TTL_MS = 300_000
const OS_CONFIG_PATH = '/config'

export abstract class BaseRemote<Card extends ComponentCard = ComponentCard> {
  readonly kind: ComponentKind
  /** Id that callers use. */
  readonly id: string
  /** Id on the owning upstream. */
  readonly upstreamId: string
  readonly upstream: Upstream
  /** Longest silence in milliseconds before the head, and inside a body that is no event stream. */
  readonly timeoutMs: number
  readonly configTtlMs: number
  /** What the gateway does when a caller goes before the end of a run. */
  readonly onDisconnect: OnDisconnect
  protected readonly cache: ConfigCache
  readonly #a2a: A2aClient | undefined

  protected constructor(kind: ComponentKind, binding: RemoteBinding) {
    const { upstream, upstreamId, id = upstreamId, cache, timeoutMs, configTtlMs } = binding
    const { timeouts, onDisconnect = 'close' } = upstream.config
    this.kind = kind
    this.id = id
    this.upstreamId = upstreamId
    this.upstream = upstream
    this.cache = cache
    this.timeoutMs =
      timeoutMs ?? (kind === 'agents' ? timeouts.agentTimeoutMs : timeouts.teamTimeoutMs)
    this.configTtlMs = configTtlMs ?? timeouts.configTtlMs
    this.onDisconnect = binding.onDisconnect ?? onDisconnect
    const { protocol } = upstream.config
    if (protocol?.kind === 'a2a') this.#a2a = new A2aClient(this, protocol.binding)
  }

  /** The upstream speaks A2A: what is sent is translated, so its body has to be whole. */
  get isTranslated(): boolean {
    return this.#a2a !== undefined
  }

  /** Path of the component on its upstream. */
  get path(): string {
    return `/${this.kind}/${encodeURIComponent(this.upstreamId)}`
  }

  /** Sends a request below the component's own path; the response goes to the sink. Never throws. */
  send(
    request: ComponentRequest,
    sink: ResponseSink,
    options?: Omit<SendOptions, 'silenceMs'>,
  ): Exchange {
    if (this.#a2a) return this.#a2a.send(request, sink, options)
    const path = this.path + request.path
    return this.upstream.send({ ...request, path }, sink, {
      silenceMs: this.timeoutMs,
      ...options,
    })
  }

  /**
   * Sends one request of the gateway's own below the component's own path and reads the answer whole, whatever its status.
   *
   * @throws as {@link Upstream.fetch}
   */
  fetch(path: string, options: Omit<FetchOptions, 'silenceMs'>): Promise<WholeResponse> {
    const { method = 'GET', headers = [], body = null, signal, preference, trace } = options
    const request = { method, path, headers, body, trace }
    return collect(this.upstream.name, (sink) => this.send(request, sink, { preference }), signal)
  }

  /**
   * The card as the upstream answers it to `identity`, from the cache while it is fresh, revalidated behind the
   * caller's back when it is not.
   *
   * @throws {RefusedAnswer} when the upstream answers anything but 200
   * @throws {GatewayError} when it cannot be reached and nothing is known
   */
  card(identity: Identity, options: { isFreshWanted?: boolean } = {}): Promise<CachedAnswer> {
    return this.cache.get(this.upstream, this.path, identity, {
      ttlMs: this.configTtlMs,
      silenceMs: this.timeoutMs,
      ...options,
    })
  }

  /** The card as `identity` was last shown it, however old; asks nobody. */
  knownCard(identity: Identity): CachedAnswer | undefined {
    return this.cache.peek(this.upstream, this.path, identity)
  }

  /** Name from the config as last fetched; the id before that, as Agno's. */
  get name(): string {
    return this.lastCard?.name ?? this.id
  }

  /** Description from the config as last fetched; empty before that, as Agno's. */
  get description(): string {
    return this.lastCard?.description ?? ''
  }

  /** The config as last fetched by the gateway itself; undefined before the first fetch. */
  protected get lastCard(): Card | undefined {
    const identity = ownIdentity(this.upstream)
    return this.cache.peek(this.upstream, this.path, identity)?.json as Card | undefined
  }

  /** AgentOS's `/config` as last fetched by the gateway itself; undefined before the first fetch. */
  protected get lastOsConfig(): OsConfig | undefined {
    const identity = ownIdentity(this.upstream)
    return this.cache.peek(this.upstream, OS_CONFIG_PATH, identity)?.json as OsConfig | undefined
  }

  /**
   * Fetches the config afresh and puts it in the cache; with it, where it is not fresh any more, the AgentOS's `/config`,
   * which names the tables of the database. A component can be used without the latter, so its failure is none.
   *
   * @throws {AgentOSError} when the upstream refuses
   * @throws {GatewayError} when it cannot be reached
   */
  refreshConfig(): Promise<Card> {
    return this.#config(true)
  }

  /**
   * The config from the cache while it is fresh (`configTtl`), revalidated behind the caller's back when it is not, and
   * fetched when there is none yet.
   *
   * @throws as {@link refreshConfig}
   */
  loadConfig(): Promise<Card> {
    return this.#config(false)
  }

  async #config(isFreshWanted: boolean): Promise<Card> {
    const identity = ownIdentity(this.upstream)
    const osConfig = this.cache.get(this.upstream, OS_CONFIG_PATH, identity, {
      ttlMs: this.configTtlMs,
      silenceMs: this.timeoutMs,
    })
    const [card] = await Promise.allSettled([this.card(identity, { isFreshWanted }), osConfig])
    if (card.status === 'fulfilled') return card.value.json as Card
    const failure: unknown = card.reason
    if (!(failure instanceof RefusedAnswer)) throw failure
    throw AgentOSError.fromAnswer(failure.status, failure.body)
  }

  /** Ends the connections to the upstream. Only for remotes that were made with a `baseUrl`. */
  close(): Promise<void> {
    return this.upstream.close()
  }
}

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
