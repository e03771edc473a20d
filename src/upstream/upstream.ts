/** One AgentOS deployment: its replicas, and the only way to reach them. */
import type { UpstreamConfig } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { AttemptSource } from './attempts.ts'
import { Attempts } from './attempts.ts'
import type { WholeResponse } from './collect.ts'
import { Collector } from './collect.ts'
import type { Exchange, ResponseSink, SendOptions, UpstreamRequest } from './exchange.ts'
import { Replica } from './replica.ts'
import { leastInFlight } from './selection.ts'
import type { Ticker } from './ticker.ts'

/** Largest answer the gateway reads for itself: cards, configs, lists. */
const MAX_OWN_RESPONSE_BYTES = 32 * 1024 * 1024

/** Options of {@link Upstream.fetch}. */
export interface FetchOptions {
  /** Default GET. */
  readonly method?: string
  readonly headers?: readonly string[]
  readonly body?: Buffer | null
  /** Longest silence in milliseconds. */
  readonly silenceMs: number
  readonly signal?: AbortSignal
}

export class Upstream implements AttemptSource {
  readonly name: string
  readonly config: UpstreamConfig
  readonly ticker: Ticker
  readonly replicas: readonly Replica[]

  constructor(config: UpstreamConfig, ticker: Ticker) {
    this.name = config.name
    this.config = config
    this.ticker = ticker
    const { connectTimeoutMs } = config.timeouts
    this.replicas = config.urls.map((url) => new Replica(url, { connectTimeoutMs }))
  }

  pick(tried: readonly Replica[]): Replica | undefined {
    return leastInFlight(this.replicas, tried, Date.now())
  }

  /** Sends one request and reports its response to the sink. Never throws: failures go to `sink.onError`. */
  send(request: UpstreamRequest, sink: ResponseSink, options: SendOptions): Exchange {
    return new Attempts(this, request, sink, options).start()
  }

  /**
   * Sends one request of the gateway's own and reads the answer whole, whatever its status.
   *
   * @throws {GatewayError} any `AGW_UPSTREAM_*`, `AGW_NO_REPLICA`, `AGW_RELAY_*`; the signal's reason when aborted
   */
  async fetch(path: string, options: FetchOptions): Promise<WholeResponse> {
    const { method = 'GET', headers = [], body = null, silenceMs, signal } = options
    signal?.throwIfAborted()
    const collector = new Collector(this.name, MAX_OWN_RESPONSE_BYTES)
    const exchange = this.send({ method, path, headers, body }, collector, { silenceMs })
    if (signal === undefined) return collector.response
    const onAbort = () => {
      exchange.abort()
      collector.onError(
        new GatewayError('AGW_CLIENT_CLOSED', { upstream: this.name, cause: signal.reason }),
      )
    }
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await collector.response
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Ends connections once their requests are through. */
  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.close()))
  }

  /** Ends every connection now. */
  async destroy(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.destroy()))
  }
}
