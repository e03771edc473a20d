/**
 * Represents one base URL of an upstream: its connections, its health and its load. `Available = Healthy and not Full`.
 */
import { connect, isIP } from 'node:net'
import type { Dispatcher } from 'undici'
import type { TlsConfig } from '../../config/tls-types.ts'
import type { BalancingConfig } from '../../config/types.ts'
import { Circuit } from './circuit.ts'
import { DnsCache, type Resolve } from './dns-cache.ts'
import type { Pool } from './pool.ts'
import { openPool } from './pool.ts'
import { Probe } from './probe.ts'
import type { HttpProxy } from './proxy.ts'
import { proxyFor } from './proxy.ts'
import { openTunnel, tunnelAgent } from './tunnel.ts'

export interface ReplicaOptions {
  readonly connectTimeoutMs: number
  readonly balancing: BalancingConfig
  /** Weight in the choice of replica. Default 1. */
  readonly weight?: number | undefined
  /** Default: the system's resolver. */
  readonly resolve?: Resolve | undefined
  readonly tls?: TlsConfig | undefined
  /** Unix socket to connect to, for any host in the URL. */
  readonly socketPath?: string | undefined
  /** Ignores the proxy variables of the environment. Default false. */
  readonly isDirect?: boolean | undefined
  /** Headers of every request, names and values in turn. They replace headers with the same name. */
  readonly headers?: readonly string[] | undefined
  /** Reports an ejection with its pause in milliseconds, or a readmission with 0. */
  readonly onCircuit?: ((replica: Replica, pauseMs: number) => void) | undefined
  /** The upstream has no other replica, so one failed connection marks it unhealthy. Default false. */
  readonly isOnly?: boolean
  /** Reports a change of health. */
  readonly onHealth?: ((replica: Replica, reason: string | undefined) => void) | undefined
  /** Reports a failure that counted. */
  readonly onFailure?: ((replica: Replica) => void) | undefined
}

/** States of a replica. */
export const REPLICA_STATES = ['available', 'unhealthy', 'ejected', 'probing', 'full'] as const

export type ReplicaState = (typeof REPLICA_STATES)[number]

/** Connections and health of one base URL. */
export class Replica {
  /** Base URL without trailing slash, for the log and `/gateway/status`. It never appears in a response. */
  readonly url: string
  /** Path of the base URL: `''`, or for example `/path`. */
  readonly basePath: string
  readonly weight: number
  readonly circuit: Circuit
  /** Requests in progress. */
  inFlight = 0
  /** Total requests that were sent to this replica. */
  begun = 0
  /** Total failures that counted. */
  failures = 0
  /** Reason of the last failure; undefined after a success. */
  lastError: string | undefined
  /** False after failed health checks. An only replica also becomes unhealthy after a failed connection. */
  isHealthy = true
  /** Accumulated weight of smooth round robin; see `selection.ts`. */
  credit = 0
  readonly #origin: string
  readonly #options: ReplicaOptions
  /** The proxy of the environment for this URL. The proxy then resolves the host name. */
  readonly #proxy: HttpProxy | undefined
  readonly #dns: DnsCache | undefined
  /** A failed connection made the replica unhealthy, so a successful request makes it healthy. */
  #isUnreachable = false
  #pool: Pool

  constructor(url: string, options: ReplicaOptions) {
    const { origin, pathname, hostname } = new URL(url)
    const { balancing } = options
    this.url = url
    this.basePath = pathname === '/' ? '' : pathname.replace(/\/+$/, '')
    this.weight = options.weight ?? 1
    this.circuit = new Circuit(balancing.ejection)
    this.#origin = origin
    this.#options = options
    const isDirect = options.isDirect === true || options.socketPath !== undefined
    this.#proxy = isDirect ? undefined : proxyFor(new URL(origin))
    const isResolvedHere = this.#proxy === undefined && options.socketPath === undefined
    if (isResolvedHere && hasAddressesToFollow(hostname)) {
      this.#dns = new DnsCache(hostname, {
        ttlMs: balancing.dnsTtlMs,
        resolve: options.resolve,
        onRemoved: () => this.renewConnections(),
      })
    }
    this.#pool = this.#connect()
  }

  #connect(): Pool {
    const proxy = this.#proxy
    return openPool(this.#origin, {
      allowH2: false,
      connectTimeout: this.#options.connectTimeoutMs,
      connect:
        proxy === undefined
          ? this.#connectOptions
          : (_options, onConnected) => openTunnel(proxy, this.#tunnelTarget, onConnected),
      ...(this.#options.socketPath !== undefined && { socketPath: this.#options.socketPath }),
      // The exchange limits silence with ticks: one integer store per chunk instead of a timer.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 64 * 1024,
    })
  }

  get #connectOptions() {
    return {
      ...tlsOptions(this.#options.tls),
      ...(this.#dns && { lookup: this.#dns.lookup }),
    }
  }

  get #tunnelTarget() {
    const { connectTimeoutMs, tls } = this.#options
    return { url: new URL(this.#origin), timeoutMs: connectTimeoutMs, tls: tlsOptions(tls) }
  }

  /**
   * Options of a connection outside the pool, such as a WebSocket: the same TLS, addresses, proxy and headers.
   *
   * @param headers names and values in turn
   */
  connectOptions(headers: readonly string[]) {
    this.#dns?.refreshIfOld(performance.now())
    const own = this.#options.headers ?? []
    const agent = this.#proxy && tunnelAgent(this.#proxy, this.#tunnelTarget)
    const { socketPath } = this.#options
    return {
      ...this.#connectOptions,
      ...(agent && { agent }),
      ...(socketPath !== undefined && { createConnection: () => connect(socketPath) }),
      headers: withOwn(headers, own),
    }
  }

  /** New requests use new connections. Requests on the old connections continue. */
  renewConnections(): void {
    const old = this.#pool
    this.#pool = this.#connect()
    void old.close()
  }

  /**
   * An AgentOS handler failed: uvicorn answers 500 and closes the connection later without `connection: close`. A request
   * sent meanwhile would be lost, so new requests use new connections.
   * @see uvicorn `RequestResponseCycle.run_asgi`
   */
  handlerFailed(): void {
    if (this.#pool.stats.connected > 0) this.renewConnections()
  }

  /** The upstream has no other replica. */
  get isOnly(): boolean {
    return this.#options.isOnly ?? false
  }

  /** @param reason why the replica is unhealthy */
  setHealth(isHealthy: boolean, reason?: string): void {
    if (isHealthy === this.isHealthy) return
    this.isHealthy = isHealthy
    this.#isUnreachable = false
    if (isHealthy) {
      this.circuit.close(performance.now())
      this.lastError = undefined
    }
    this.#options.onHealth?.(this, reason)
  }

  /** The number of requests in progress has reached `max_inflight`. */
  get isFull(): boolean {
    const { maxInflight } = this.#options.balancing
    return maxInflight > 0 && this.inFlight >= maxInflight
  }

  /** Healthy and not ejected. @param now milliseconds, `performance.now()` */
  isUsable(now: number): boolean {
    return this.isHealthy && this.circuit.admits(now)
  }

  /** Healthy and not full. @param now milliseconds, `performance.now()` */
  isAvailable(now: number): boolean {
    return this.isUsable(now) && !this.isFull
  }

  /** @param now milliseconds, `performance.now()` */
  state(now: number): ReplicaState {
    if (!this.isHealthy) return 'unhealthy'
    const circuit = this.circuit.state(now)
    if (circuit !== 'closed') return circuit === 'open' ? 'ejected' : 'probing'
    return this.isFull ? 'full' : 'available'
  }

  /** Current weight with slow start, above 0. @param now milliseconds, `performance.now()` */
  share(now: number): number {
    return this.weight * this.circuit.share(now)
  }

  /** Counts a request in progress until {@link end}. */
  begin(request: unknown): void {
    this.inFlight++
    this.begun++
    this.circuit.begin(request)
  }

  end(request: unknown): void {
    this.inFlight--
    this.circuit.end(request)
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#dns?.refreshIfOld(performance.now())
    const { headers } = this.#options
    if (headers === undefined || headers.length === 0) this.#pool.dispatch(options, handler)
    else
      this.#pool.dispatch(
        { ...options, headers: withOwn(options.headers as string[], headers) },
        handler,
      )
  }

  /**
   * Requests a path for the gateway itself, without limits and counts.
   *
   * @param timeoutMs limit for the whole request, in milliseconds
   * @returns the status
   * @throws the failure of the request
   */
  probe(path: string, timeoutMs: number): Promise<number> {
    const probe = new Probe(timeoutMs)
    this.dispatch({ method: 'GET', path: this.basePath + path, headers: [] }, probe)
    return probe.status
  }

  /** Counts a response. */
  succeeded(): void {
    this.lastError = undefined
    if (this.circuit.succeeded()) this.#options.onCircuit?.(this, 0)
    if (this.#isUnreachable) this.setHealth(true)
  }

  /** Counts a failure. Several in a row eject the replica, each time for longer. */
  failed(reason: string): void {
    // The reason of the ejection stays until the replica is back.
    if (this.isHealthy) this.lastError = reason
    this.failures++
    const pauseMs = this.circuit.failed(performance.now())
    if (pauseMs > 0) this.#options.onCircuit?.(this, pauseMs)
    this.#options.onFailure?.(this)
  }

  /** Counts a failed connection; see {@link failed}. */
  unreachable(reason: string): void {
    this.failed(reason)
    if (!this.isOnly) return
    this.setHealth(false, reason)
    this.#isUnreachable = true
  }

  /** Closes idle connections now, and the others after their requests. */
  async close(): Promise<void> {
    await this.#pool.close()
  }

  /** Closes every connection now. */
  async destroy(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** IP addresses and `localhost` need no lookup. */
function hasAddressesToFollow(hostname: string): boolean {
  return hostname !== 'localhost' && !hostname.startsWith('[') && isIP(hostname) === 0
}

/** Options of `tls.connect`. Certificates are verified unless the configuration turns that off. */
function tlsOptions(tls: TlsConfig | undefined) {
  if (tls === undefined) return {}
  const { ca, cert, key, serverName, verify } = tls
  return {
    rejectUnauthorized: verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  }
}

/** @param headers names and values in turn */
function withOwn(headers: readonly string[], own: readonly string[]): string[] {
  const names = new Set(own.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()))
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (!names.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string)
  }
  return kept.concat(own)
}
