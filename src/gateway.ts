/** Builds the engine of one configuration: upstreams, catalogue, caches and shared store. */
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { GatewayConfig, UpstreamConfig } from '../config/types.ts'
import { Minter } from './auth/minter.ts'
import type { DiscoveryEvents } from './catalogue/discovery.ts'
import { Discovery } from './catalogue/discovery.ts'
import { IdLocationCache } from './catalogue/id-location-cache.ts'
import { IdTranslators } from './ids/id-translator.ts'
import { ComponentLists } from './merge/component-lists.ts'
import { ConfigCache } from './remote/config-cache.ts'
import { Counter } from './store/counter.ts'
import { Leases } from './store/leases.ts'
import type { SharedStore, StoreEvents } from './store/shared-store.ts'
import { ValkeyStore } from './store/valkey-store.ts'
import { Affinity } from './upstream/affinity.ts'
import { Ticker } from './upstream/ticker.ts'
import type { UpstreamOptions } from './upstream/upstream.ts'
import { Upstream } from './upstream/upstream.ts'

/** Events of the engine, for the log and the metrics. */
export interface GatewayEvents extends DiscoveryEvents, UpstreamOptions, StoreEvents {}

/**
 * The engine that routes use. A reload builds another one, which takes over connections, health and affinity of
 * unchanged upstreams. The old one lives until its last request is over.
 */
export class Gateway {
  readonly config: GatewayConfig
  /** 1 for the first configuration, plus 1 for each reload. */
  readonly generation: number
  /** Name of this process in `Via`, by which it recognises a request that comes back. */
  readonly viaName: string
  readonly ticker: Ticker
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly discovery: Discovery
  readonly lists: ComponentLists
  readonly affinity: Affinity
  /** Counts requests for the rate limits. */
  readonly counter: Counter
  /** Open runs of all gateways that share a store; undefined without a store. */
  readonly leases: Leases | undefined
  readonly idLocations: IdLocationCache
  readonly translators: IdTranslators
  readonly #cache: ConfigCache
  /** Of all gateways with the same store, or of the workers of this machine; undefined for a single process. */
  readonly store: SharedStore | undefined
  #open = 0
  #isRetired = false

  /**
   * @param previous the engine in force
   * @param local store shared by the workers of this machine, used where the configuration names no store
   */
  constructor(
    config: GatewayConfig,
    events: GatewayEvents = {},
    previous?: Gateway,
    local?: SharedStore,
  ) {
    this.config = config
    this.generation = (previous?.generation ?? 0) + 1
    this.viaName = previous?.viaName ?? `agentos-gateway-${randomBytes(6).toString('base64url')}`
    const ticker = Ticker.forIntervals([
      config.stream.heartbeatMs,
      ...config.upstreams.flatMap(intervals),
    ])
    const isSamePace = previous?.ticker.periodMs === ticker.periodMs
    this.ticker = previous && isSamePace ? previous.ticker : ticker
    this.upstreams = new Map(
      config.upstreams.map((upstream) => {
        const same = isSamePace ? previous?.sameUpstream(upstream) : undefined
        const options = {
          ...events,
          generation: this.generation,
          minter: this.#minterOf(upstream),
        }
        return [upstream.name, (same ?? new Upstream(upstream, this.ticker, options)).hold()]
      }),
    )
    this.#cache = previous ? previous.#cache : new ConfigCache()
    this.discovery = new Discovery(config, this.upstreams, this.#cache, events, previous?.discovery)
    const before = previous && remembersAlike(config, previous.config) ? previous : undefined
    const { affinity, id: namespace } = config
    const store = before ? undefined : storeAt(config.store, events)
    this.store = before ? before.store : (store ?? local)
    this.leases = before ? before.leases : store && new Leases(store, { namespace })
    this.affinity = before?.affinity ?? new Affinity({ ...affinity, namespace, shared: this.store })
    this.counter = before?.counter ?? new Counter({ namespace, shared: this.store })
    // Cached ids of a removed upstream are dropped.
    const isSame = previous && isSubset(previous.upstreams, this.upstreams)
    this.idLocations = isSame ? previous.idLocations : new IdLocationCache()
    this.translators = new IdTranslators(this.discovery)
    this.lists = new ComponentLists(this.discovery, this.translators)
  }

  /** Signs tokens for an upstream with `credentials: mint`, by the catalogue in force at that time. */
  #minterOf({ name, credentials }: UpstreamConfig): Minter | undefined {
    if (credentials.kind !== 'mint') return undefined
    return new Minter(credentials, {
      gatewayId: this.config.id,
      adminScope: this.config.auth.adminScope,
      upstreamIdOf: (kind, id) => {
        const remote = this.discovery.current.remote(kind, id)
        return remote?.upstream.name === name ? remote.upstreamId : undefined
      },
    })
  }

  /** Returns the running upstream with the same configuration, if there is one. */
  sameUpstream(config: UpstreamConfig): Upstream | undefined {
    const upstream = this.upstreams.get(config.name)
    // A minter reads the catalogue of its own engine, so it is never taken over.
    const isSame = config.credentials.kind !== 'mint' && isDeepStrictEqual(upstream?.config, config)
    return isSame ? upstream : undefined
  }

  /** Hits, misses and failures of the cache of cards, lists and configurations. */
  get cacheUse() {
    return this.#cache.use
  }

  /** Starts discovery and health checks; returns at once. */
  start(): void {
    for (const upstream of this.upstreams.values()) upstream.start()
    this.discovery.start()
  }

  /** Asks new upstreams for their components before the engine is put in force, for at most `timeoutMs`. */
  async prepare(timeoutMs: number): Promise<void> {
    for (const upstream of this.upstreams.values()) upstream.start()
    await this.discovery.prepare(timeoutMs)
  }

  /** Counts a request that uses this engine until {@link leave}. */
  enter(): void {
    this.#open++
  }

  leave(): void {
    this.#open--
    if (this.#isRetired && this.#open === 0) this.#release()
  }

  /** True while no request uses this engine. */
  get isIdle(): boolean {
    return this.#open === 0
  }

  /** Retires the engine: resources that only it uses are released after its last request. */
  retire(next: Gateway): void {
    this.#isRetired = true
    this.discovery.stop()
    if (this.store !== next.store) this.#closeStore()
    if (this.#open === 0) this.#release()
  }

  #closeStore(): void {
    this.leases?.close()
    this.store?.close()
  }

  #release(): void {
    for (const upstream of this.upstreams.values()) upstream.release()
  }

  /** Stops discovery and closes every connection. */
  async stop(): Promise<void> {
    this.discovery.stop()
    this.#closeStore()
    await Promise.all([...this.upstreams.values()].map((upstream) => upstream.destroy()))
  }
}

function isSubset(some: ReadonlyMap<string, Upstream>, all: ReadonlyMap<string, Upstream>) {
  return [...some].every(([name, upstream]) => all.get(name) === upstream)
}

function storeAt(url: string | undefined, events: GatewayEvents): ValkeyStore | undefined {
  return url === undefined ? undefined : new ValkeyStore(url, events)
}

/** Returns whether affinity and counts of one configuration hold for the other. */
function remembersAlike(a: GatewayConfig, b: GatewayConfig): boolean {
  return a.id === b.id && a.store === b.store && isDeepStrictEqual(a.affinity, b.affinity)
}

function intervals({ timeouts, balancing }: GatewayConfig['upstreams'][number]): number[] {
  return [
    timeouts.agentTimeoutMs,
    timeouts.teamTimeoutMs,
    timeouts.streamIdleTimeoutMs,
    balancing?.maxInflight ? balancing.queue.timeoutMs : 0,
  ]
}
