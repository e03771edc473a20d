/** The engine put together: upstreams, catalogue and caches of one configuration. */
import type { GatewayConfig, UpstreamConfig } from '../config/types.ts'
import { Minter } from './auth/minter.ts'
import type { DiscoveryEvents } from './catalogue/discovery.ts'
import { Discovery } from './catalogue/discovery.ts'
import { SeenIds } from './catalogue/seen-ids.ts'
import { ComponentLists } from './merge/components.ts'
import { NameBook } from './merge/names.ts'
import { ConfigCache } from './remote/config-cache.ts'
import type { SharedStore, StoreEvents } from './store/shared-store.ts'
import { ValkeyStore } from './store/valkey-store.ts'
import { Affinity } from './upstream/affinity.ts'
import { Ticker } from './upstream/ticker.ts'
import type { UpstreamOptions } from './upstream/upstream.ts'
import { Upstream } from './upstream/upstream.ts'

/** What is told to whoever keeps the log. */
export interface GatewayEvents extends DiscoveryEvents, UpstreamOptions, StoreEvents {}

/** What the routes work with. */
export class Gateway {
  readonly config: GatewayConfig
  readonly ticker: Ticker
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly discovery: Discovery
  readonly lists: ComponentLists
  readonly affinity: Affinity
  readonly seen = new SeenIds()
  readonly names: NameBook
  readonly #store: SharedStore | undefined

  constructor(config: GatewayConfig, events: GatewayEvents = {}) {
    this.config = config
    this.ticker = Ticker.forIntervals([
      config.stream.heartbeatMs,
      ...config.upstreams.flatMap(intervals),
    ])
    this.upstreams = new Map(
      config.upstreams.map((upstream) => [
        upstream.name,
        new Upstream(upstream, this.ticker, { ...events, minter: this.#minterOf(upstream) }),
      ]),
    )
    this.discovery = new Discovery(
      config,
      this.upstreams,
      new ConfigCache({ components: config.components }),
      events,
    )
    this.#store = config.store === undefined ? undefined : new ValkeyStore(config.store, events)
    this.affinity = new Affinity({
      ...config.affinity,
      namespace: config.id,
      shared: this.#store,
    })
    this.names = new NameBook(this.discovery)
    this.lists = new ComponentLists(this.discovery, this.names)
  }

  /** Signs with the catalogue in force when it signs. */
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

  /** Begins to ask the upstreams what they serve; returns at once. */
  start(): void {
    for (const upstream of this.upstreams.values()) upstream.start()
    this.discovery.start()
  }

  /** Stops asking and ends every connection. */
  async stop(): Promise<void> {
    this.discovery.stop()
    this.#store?.close()
    await Promise.all([...this.upstreams.values()].map((upstream) => upstream.destroy()))
  }
}

function intervals({ timeouts, balancing }: GatewayConfig['upstreams'][number]): number[] {
  return [
    timeouts.agentTimeoutMs,
    timeouts.teamTimeoutMs,
    timeouts.streamIdleTimeoutMs,
    balancing?.maxInflight ? balancing.queue.timeoutMs : 0,
  ]
}
