/** One AgentOS deployment: its replicas, and the only way to reach them. */
import type { BalancingConfig, UpstreamConfig } from '../../config/types.ts'
import { DEFAULT_BALANCING } from '../../config/types.ts'
import type { AttemptSource, RetryAt } from './attempts.ts'
import { Attempts } from './attempts.ts'
import type { WholeResponse } from './collect.ts'
import { collect } from './collect.ts'
import type { Resolve } from './dns-cache.ts'
import type { Exchange, ResponseSink, SendOptions, UpstreamRequest } from './exchange.ts'
import { HealthCheck } from './health-check.ts'
import { Replica } from './replica.ts'
import { RequestQueue } from './request-queue.ts'
import type { ReplicaPreference } from './selection.ts'
import { selectReplica } from './selection.ts'
import type { Ticker } from './ticker.ts'
import type { TokenMinter } from './token-minter.ts'
import type { RequestTrace } from './trace.ts'

/** Options of {@link Upstream.fetch}. */
export interface FetchOptions {
  /** Default GET. */
  readonly method?: string
  readonly headers?: readonly string[]
  readonly body?: Buffer | null
  /** Longest silence in milliseconds. */
  readonly silenceMs: number
  readonly signal?: AbortSignal
  readonly preference?: ReplicaPreference
  /** Follows it, where it is sent for a caller's request that is traced. */
  readonly trace?: RequestTrace | undefined
}

/** What is told to whoever keeps the log, and what tests put in place of the world. */
export interface UpstreamOptions {
  /** A replica became healthy or unhealthy. */
  onReplica?(upstream: Upstream, replica: Replica, reason: string | undefined): void
  /** Failing requests have taken a replica out for so long, in milliseconds; 0: it is back. */
  onCircuit?(upstream: Upstream, replica: Replica, pauseMs: number): void
  /** A request is tried again. */
  onRetry?(upstream: Upstream, at: RetryAt): void
  /** Default: the system's resolver. */
  readonly resolve?: Resolve
  /** Makes tokens for this upstream, where its credentials say so. */
  readonly minter?: TokenMinter | undefined
  /** Tells apart what is known of upstreams that had the same name at different times. Default 0. */
  readonly generation?: number
}

export class Upstream implements AttemptSource {
  readonly name: string
  readonly config: UpstreamConfig
  readonly generation: number
  readonly balancing: BalancingConfig
  readonly ticker: Ticker
  readonly replicas: readonly Replica[]
  readonly queue: RequestQueue | undefined
  /** It makes a difference what a request wishes. */
  readonly usesPreference: boolean
  readonly minter: TokenMinter | undefined
  /** The only replica, where there are no others: nothing has to be chosen then. */
  readonly #only: Replica | undefined
  readonly #healthChecks: ReadonlyMap<Replica, HealthCheck>
  readonly #healthListeners = new Set<() => void>()
  readonly #options: UpstreamOptions
  #holders = 0

  constructor(config: UpstreamConfig, ticker: Ticker, options: UpstreamOptions = {}) {
    const { balancing = DEFAULT_BALANCING, timeouts } = config
    const { weights, healthCheck, maxInflight, queue } = balancing
    this.name = config.name
    this.config = config
    this.balancing = balancing
    this.ticker = ticker
    this.minter = options.minter
    this.#options = options
    this.generation = options.generation ?? 0
    this.replicas = config.urls.map((url, index) => {
      const { connectTimeoutMs } = timeouts
      const { resolve } = options
      const { tls, headers, socketPath } = config
      const weight = weights[index]
      const isOnly = config.urls.length === 1
      const shared = { connectTimeoutMs, balancing, resolve, tls, headers, isOnly, weight }
      return new Replica(url, {
        ...shared,
        socketPath,
        onCircuit: (replica, pauseMs) => options.onCircuit?.(this, replica, pauseMs),
        onHealth: (replica, reason) => this.#healthChanged(replica, reason),
        onFailure: (replica) => this.#healthChecks.get(replica)?.soon(),
      })
    })
    this.#only = this.replicas.length === 1 ? this.replicas[0] : undefined
    if (maxInflight > 0 && queue.size > 0) this.queue = new RequestQueue(ticker, queue)
    this.usesPreference = this.#only === undefined || this.queue !== undefined
    this.#healthChecks = new Map(
      healthCheck &&
        this.replicas.map((replica) => [replica, new HealthCheck(replica, healthCheck)]),
    )
  }

  /** It is an AgentOS, with all its routes; else it stands for single components. */
  get isAgentOs(): boolean {
    return this.config.protocol?.kind !== 'a2a'
  }

  /** Begins to check the replicas' health, where that is configured; returns at once. */
  start(): void {
    for (const check of this.#healthChecks.values()) check.start()
  }

  /** No replica is healthy. */
  get isDown(): boolean {
    return this.replicas.every(({ isHealthy }) => !isHealthy)
  }

  /** @param listener called when a replica becomes healthy or unhealthy @returns ends that */
  onHealthChange(listener: () => void): () => void {
    this.#healthListeners.add(listener)
    return () => this.#healthListeners.delete(listener)
  }

  #healthChanged(replica: Replica, reason: string | undefined): void {
    this.#options.onReplica?.(this, replica, reason)
    for (const listener of this.#healthListeners) listener()
  }

  onRetry(at: RetryAt): void {
    this.#options.onRetry?.(this, at)
  }

  pick(tried: readonly Replica[], preference: ReplicaPreference | undefined): Replica | undefined {
    if (preference?.only) return tried.length === 0 ? preference.only : undefined
    const only = this.#only
    if (only === undefined) {
      return selectReplica(
        this.replicas,
        tried,
        preference,
        this.balancing.policy,
        performance.now(),
      )
    }
    const isPossible = tried.length === 0 && (!only.isFull || preference?.bypassesLimit === true)
    return isPossible ? only : undefined
  }

  /** Sends one request and reports its response to the sink. Never throws: failures go to `sink.onError`. */
  send(request: UpstreamRequest, sink: ResponseSink, options: SendOptions): Exchange {
    return new Attempts(this, request, sink, options).start()
  }

  /**
   * Sends one request of the gateway's own and reads the answer whole, whatever its status.
   *
   * @throws {GatewayError} any `AGW_UPSTREAM_*`, `AGW_NO_REPLICA`; the signal's reason when aborted
   */
  fetch(path: string, options: FetchOptions): Promise<WholeResponse> {
    const {
      method = 'GET',
      headers = [],
      body = null,
      silenceMs,
      signal,
      preference,
      trace,
    } = options
    const request = { method, path, headers: uncompressed(headers), body, trace }
    return collect(this.name, (sink) => this.send(request, sink, { silenceMs, preference }), signal)
  }

  /** Somebody may send through it until {@link release}. */
  hold(): this {
    this.#holders++
    return this
  }

  /** How many hold it: configurations in force, or with requests under way. */
  get holders(): number {
    return this.#holders
  }

  /** Ends its connections, once their requests are through, when nobody holds it any more. */
  release(): void {
    this.#holders--
    if (this.#holders === 0) void this.close()
  }

  /** Ends connections once their requests are through. */
  async close(): Promise<void> {
    this.#stop()
    await Promise.all(this.replicas.map((replica) => replica.close()))
  }

  /** Ends every connection now. */
  async destroy(): Promise<void> {
    this.#stop()
    await Promise.all(this.replicas.map((replica) => replica.destroy()))
  }

  #stop(): void {
    for (const check of this.#healthChecks.values()) check.stop()
  }
}

/** An answer that is read here need not be compressed; saying nothing would allow it (RFC 9110 §12.5.3). */
function uncompressed(headers: readonly string[]): readonly string[] {
  return headers.includes('accept-encoding') ? headers : [...headers, 'accept-encoding', 'identity']
}
