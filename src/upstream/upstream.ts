/** Represents one AgentOS deployment: its replicas, and the only way to send to them. */
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
  /** Traces the request; undefined when the caller's request is not traced. */
  readonly trace?: RequestTrace | undefined
}

/** Events for the log, and parts that tests replace. */
export interface UpstreamOptions {
  /** A replica became healthy or unhealthy. */
  onReplica?(upstream: Upstream, replica: Replica, reason: string | undefined): void
  /** A replica was ejected, with its pause in milliseconds, or readmitted, with 0. */
  onCircuit?(upstream: Upstream, replica: Replica, pauseMs: number): void
  /** A request is retried. */
  onRetry?(upstream: Upstream, at: RetryAt): void
  /** Default: the system's resolver. */
  readonly resolve?: Resolve
  /** Signs tokens for this upstream; undefined unless its credentials are `mint`. */
  readonly minter?: TokenMinter | undefined
  /** Ignores the proxy variables of the environment. Default false. */
  readonly isDirect?: boolean
  /** Separates cached answers of upstreams that had the same name at different times. Default 0. */
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
  /** The upstream has several replicas or a queue, so the preference of a request matters. */
  readonly usesPreference: boolean
  readonly minter: TokenMinter | undefined
  /** The only replica, which needs no choice; undefined for several. */
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
        isDirect: options.isDirect,
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

  /** The upstream has all routes of an AgentOS. Otherwise it serves single components. */
  get isAgentOs(): boolean {
    return this.config.protocol?.kind !== 'a2a'
  }

  /** Starts the health checks, if configured. Returns at once. */
  start(): void {
    for (const check of this.#healthChecks.values()) check.start()
  }

  /** No replica is healthy. */
  get isDown(): boolean {
    return this.replicas.every(({ isHealthy }) => !isHealthy)
  }

  /** @param listener called when a replica becomes healthy or unhealthy @returns removes the listener */
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

  /** Sends one request; the sink gets the response. Never throws: failures go to `sink.onError`. */
  send(request: UpstreamRequest, sink: ResponseSink, options: SendOptions): Exchange {
    return new Attempts(this, request, sink, options).start()
  }

  /**
   * Sends a request of the gateway itself and reads the whole response, with any status.
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

  /** Keeps the connections open until {@link release}. */
  hold(): this {
    this.#holders++
    return this
  }

  /** Number of configurations that use this upstream: those in force, or with requests in progress. */
  get holders(): number {
    return this.#holders
  }

  /** Closes the connections after their requests, once nothing holds the upstream. */
  release(): void {
    this.#holders--
    if (this.#holders === 0) void this.close()
  }

  /** Closes the connections after their requests. */
  async close(): Promise<void> {
    this.#stop()
    await Promise.all(this.replicas.map((replica) => replica.close()))
  }

  /** Closes every connection now. */
  async destroy(): Promise<void> {
    this.#stop()
    await Promise.all(this.replicas.map((replica) => replica.destroy()))
  }

  #stop(): void {
    for (const check of this.#healthChecks.values()) check.stop()
  }
}

/** Without this header the upstream could compress the response (RFC 9110 §12.5.3). */
function uncompressed(headers: readonly string[]): readonly string[] {
  return headers.includes('accept-encoding') ? headers : [...headers, 'accept-encoding', 'identity']
}
