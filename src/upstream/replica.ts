/** One base URL of an upstream: its connections and whether it may be asked. `Available = Healthy and not Full`. */
import { isIP } from 'node:net'
import type { Dispatcher } from 'undici'
import type { BalancingConfig, TlsConfig } from '../../config/types.ts'
import { Circuit } from './circuit.ts'
import { DnsCache, type Resolve } from './dns-cache.ts'
import type { Pool } from './pool.ts'
import { openPool } from './pool.ts'
import { Probe } from './probe.ts'

export interface ReplicaOptions {
  readonly connectTimeoutMs: number
  readonly balancing: BalancingConfig
  /** Share of the requests, beside those of the others. Default 1. */
  readonly weight?: number | undefined
  /** Default: the system's resolver. */
  readonly resolve?: Resolve | undefined
  readonly tls?: TlsConfig | undefined
  /** Unix socket to connect to, whatever the URL's host. */
  readonly socketPath?: string | undefined
  /** Added to every request, names and values in turn; they replace those of the same name. */
  readonly headers?: readonly string[] | undefined
  /** Failing requests have taken it out for so long, in milliseconds; 0: one that succeeded has brought it back. */
  readonly onCircuit?: ((replica: Replica, pauseMs: number) => void) | undefined
  /** The upstream has no other replica, so that a connection that fails says all there is to know. Default false. */
  readonly isOnly?: boolean
  /** Its health changed. */
  readonly onHealth?: ((replica: Replica, reason: string | undefined) => void) | undefined
  /** A failure counted. */
  readonly onFailure?: ((replica: Replica) => void) | undefined
}

/** Why a replica is, or is not, asked. */
export const REPLICA_STATES = ['available', 'unhealthy', 'ejected', 'probing', 'full'] as const

export type ReplicaState = (typeof REPLICA_STATES)[number]

/** Connections and health of one base URL. */
export class Replica {
  /** Base URL without trailing slash. For the log of the operator and `/gateway/status`, never for an answer. */
  readonly url: string
  /** Path of the base URL, `''` or `/like-this`. */
  readonly basePath: string
  readonly weight: number
  readonly circuit: Circuit
  /** Requests under way. */
  inFlight = 0
  /** Requests that were ever sent here. */
  begun = 0
  /** Failures that counted. */
  failures = 0
  /** What went wrong last; undefined once something has worked again. */
  lastError: string | undefined
  /** False after bad health checks; for the only replica of an upstream also after a connection that failed. */
  isHealthy = true
  /** Weight gathered until its next turn; see `selection.ts`. */
  credit = 0
  readonly #origin: string
  readonly #options: ReplicaOptions
  readonly #dns: DnsCache | undefined
  /** A failed connection has made it unhealthy, so a request that succeeds makes it healthy. */
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
    if (options.socketPath === undefined && hasAddressesToFollow(hostname)) {
      this.#dns = new DnsCache(hostname, {
        ttlMs: balancing.dnsTtlMs,
        resolve: options.resolve,
        onRemoved: () => this.renewConnections(),
      })
    }
    this.#pool = this.#connect()
  }

  #connect(): Pool {
    return openPool(this.#origin, {
      allowH2: false,
      connectTimeout: this.#options.connectTimeoutMs,
      connect: this.#connectOptions,
      ...(this.#options.socketPath !== undefined && { socketPath: this.#options.socketPath }),
      // Silence is limited by the exchange's own clock: one integer store per chunk instead of a timer.
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

  /**
   * What a connection beside the pool, such as a WebSocket, is made with: TLS, addresses and headers as any other.
   *
   * @param headers of the request, names and values in turn
   */
  connectOptions(headers: readonly string[]) {
    this.#dns?.refreshIfOld(performance.now())
    const own = this.#options.headers ?? []
    return { ...this.#connectOptions, headers: withOwn(headers, own) }
  }

  /** New requests get new connections; what is under way on the old ones goes on to its end. */
  renewConnections(): void {
    const old = this.#pool
    this.#pool = this.#connect()
    void old.close()
  }

  /**
   * A handler of AgentOS has failed: its server answers 500, and closes that connection a while later without having said
   * so. A request sent on it meanwhile would be lost, so new ones get new connections.
   * @see uvicorn `RequestResponseCycle.run_asgi`
   */
  handlerFailed(): void {
    if (this.#pool.stats.connected > 0) this.renewConnections()
  }

  /** The upstream has no other replica. */
  get isOnly(): boolean {
    return this.#options.isOnly ?? false
  }

  /** @param reason why it is not healthy */
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

  /** As many requests are under way as may be. */
  get isFull(): boolean {
    const { maxInflight } = this.#options.balancing
    return maxInflight > 0 && this.inFlight >= maxInflight
  }

  /** Healthy, as far as is known. @param now milliseconds, `performance.now()` */
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

  /** Share of the requests as it is now, above 0. @param now milliseconds, `performance.now()` */
  share(now: number): number {
    return this.weight * this.circuit.share(now)
  }

  /** A request is on its way here until {@link end}. */
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
   * Asks for a path on the gateway's own behalf, beside all limits and counts.
   *
   * @param timeoutMs for all of it, in milliseconds
   * @returns the status
   * @throws whatever went wrong
   */
  probe(path: string, timeoutMs: number): Promise<number> {
    const probe = new Probe(timeoutMs)
    this.dispatch({ method: 'GET', path: this.basePath + path, headers: [] }, probe)
    return probe.status
  }

  /** Something came back. */
  succeeded(): void {
    this.lastError = undefined
    if (this.circuit.succeeded()) this.#options.onCircuit?.(this, 0)
    if (this.#isUnreachable) this.setHealth(true)
  }

  /** A failure that counts; after several in a row the replica is left out, for longer each time. */
  failed(reason: string): void {
    // While it is out, the reason it is out for stands.
    if (this.isHealthy) this.lastError = reason
    this.failures++
    const pauseMs = this.circuit.failed(performance.now())
    if (pauseMs > 0) this.#options.onCircuit?.(this, pauseMs)
    this.#options.onFailure?.(this)
  }

  /** {@link failed}, because no connection could be made. */
  unreachable(reason: string): void {
    this.failed(reason)
    if (!this.isOnly) return
    this.setHealth(false, reason)
    this.#isUnreachable = true
  }

  /** Ends idle connections now and the others when their requests are through. */
  async close(): Promise<void> {
    await this.#pool.close()
  }

  /** Ends every connection now. */
  async destroy(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** An address is what it is, and `localhost` is this machine. */
function hasAddressesToFollow(hostname: string): boolean {
  return hostname !== 'localhost' && !hostname.startsWith('[') && isIP(hostname) === 0
}

/** What undici hands to `tls.connect`. Certificates are verified unless the configuration says otherwise. */
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

/** @param headers names and values in turn, as every request of the gateway has them */
function withOwn(headers: readonly string[], own: readonly string[]): string[] {
  const names = new Set(own.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()))
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (!names.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string)
  }
  return kept.concat(own)
}
