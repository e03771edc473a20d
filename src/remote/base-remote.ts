/** Represents one component of an upstream: its ids, its requests and its card. The client's remotes extend it. */
import type { ComponentKind, OnDisconnect } from '../../config/types.ts'
import { A2aClient } from '../a2a/client.ts'
import type { Identity } from '../auth/caller.ts'
import { ownIdentity } from '../auth/caller.ts'
import { percentEncoded } from '../parameters/path.ts'
import type { WholeResponse } from '../upstream/collect.ts'
import { collect } from '../upstream/collect.ts'
import type { Exchange, ResponseSink, SendOptions, UpstreamRequest } from '../upstream/exchange.ts'
import type { FetchOptions, Upstream } from '../upstream/upstream.ts'
import type { CachedAnswer, ConfigCache } from './config-cache.ts'

/** Binds a remote to a shared upstream and cache. The gateway makes its remotes with this. */
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

/** A request below `/{kind}/{id}`. Its path starts after the id. */
export type ComponentRequest = UpstreamRequest

/** A component's card in AgentOS's form. Unknown members are kept. */
export interface ComponentCard {
  readonly id?: string
  readonly name?: string | null
  readonly description?: string | null
  readonly db_id?: string | null
  readonly [key: string]: unknown
}

export class BaseRemote<Card extends ComponentCard = ComponentCard> {
  readonly kind: ComponentKind
  /** Id that callers use. */
  readonly id: string
  /** Id on the owning upstream. */
  readonly upstreamId: string
  readonly upstream: Upstream
  /** Longest silence in milliseconds before the head, and in a body that is no event stream. */
  readonly timeoutMs: number
  readonly configTtlMs: number
  /** Policy for a caller that leaves before the end of a run. */
  readonly onDisconnect: OnDisconnect
  protected readonly cache: ConfigCache
  readonly #a2a: A2aClient | undefined

  constructor(kind: ComponentKind, binding: RemoteBinding) {
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

  /** The upstream speaks A2A. Requests are translated, so their bodies are read whole. */
  get isTranslated(): boolean {
    return this.#a2a !== undefined
  }

  /** Path of the component on its upstream. */
  get path(): string {
    return `/${this.kind}/${percentEncoded(this.upstreamId)}`
  }

  /** Sends a request below the component's path; the sink gets the response. Never throws. */
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
   * Sends a request of the gateway itself below the component's path, and reads the whole response with any status.
   *
   * @throws as {@link Upstream.fetch}
   */
  fetch(path: string, options: Omit<FetchOptions, 'silenceMs'>): Promise<WholeResponse> {
    const { method = 'GET', headers = [], body = null, signal, preference, trace } = options
    const request = { method, path, headers, body, trace }
    return collect(this.upstream.name, (sink) => this.send(request, sink, { preference }), signal)
  }

  /**
   * The card that `identity` may see. A fresh cached card is returned at once; a stale one too, while it is revalidated in
   * the background.
   *
   * @throws {RefusedAnswer} when the upstream answers anything but 200
   * @throws {GatewayError} when the upstream cannot be reached and no card is cached
   */
  card(identity: Identity, options: { isFreshWanted?: boolean } = {}): Promise<CachedAnswer> {
    return this.cache.get(this.upstream, this.path, identity, {
      ttlMs: this.configTtlMs,
      silenceMs: this.timeoutMs,
      ...options,
    })
  }

  /** The last card that `identity` saw, at any age. Sends no request. */
  knownCard(identity: Identity): CachedAnswer | undefined {
    return this.cache.peek(this.upstream, this.path, identity)
  }

  /** Name in the last fetched config; before that the id, as in Agno. */
  get name(): string {
    return this.lastCard?.name ?? this.id
  }

  /** The config that the gateway's own identity fetched last; undefined before the first fetch. */
  protected get lastCard(): Card | undefined {
    const identity = ownIdentity(this.upstream)
    return this.cache.peek(this.upstream, this.path, identity)?.json as Card | undefined
  }
}
