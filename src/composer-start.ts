/** Lets requests wait for a composer that starts, or starts again after a crash. */
import { GatewayError } from './errors.ts'
import type { Gateway } from './gateway.ts'
import { COMPOSER } from './status.ts'
import { DeferredExchange } from './upstream/deferred-exchange.ts'
import type { Exchange, ResponseHead, ResponseSink } from './upstream/exchange.ts'
import type { Upstream } from './upstream/upstream.ts'

/** Longest wait of a request, in milliseconds. */
const WAIT_MS = 5_000

/** Returns whether the upstream is the composer beside this gateway. */
export function isComposer({ name, config }: Upstream): boolean {
  return name === COMPOSER && config.socketPath !== undefined
}

/** Waits until the composer has listed its components, for at most 5 s. @throws {GatewayError} `AGW_NO_REPLICA` */
export async function composerReady({ discovery, upstreams }: Gateway): Promise<void> {
  const composer = upstreams.get(COMPOSER)
  if (composer === undefined || (await discovery.whenReady(composer, WAIT_MS))) return
  throw new GatewayError('AGW_NO_REPLICA', { upstream: COMPOSER })
}

/**
 * One request to the composer. When the connection fails, nothing has been sent: the request waits for the composer and is
 * sent once more.
 */
export class ComposerRequest extends DeferredExchange implements ResponseSink {
  readonly #gateway: Gateway
  readonly #sink: ResponseSink
  readonly #send: (sink: ResponseSink) => Exchange
  /** The body can be sent again. */
  readonly #isRepeatable: boolean
  #hasWaited = false

  constructor(
    gateway: Gateway,
    sink: ResponseSink,
    send: (sink: ResponseSink) => Exchange,
    isRepeatable: boolean,
  ) {
    super()
    this.#gateway = gateway
    this.#sink = sink
    this.#send = send
    this.#isRepeatable = isRepeatable
  }

  start(): this {
    this.follow(this.#send(this))
    return this
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    this.#sink.onHead(head, exchange)
  }

  onData(chunk: Buffer): void {
    this.#sink.onData(chunk)
  }

  onEnd(): void {
    this.#sink.onEnd()
  }

  onTick(silentTicks: number): void {
    this.#sink.onTick?.(silentTicks)
  }

  onError(error: GatewayError): void {
    if (error.code !== 'AGW_UPSTREAM_UNREACHABLE') this.#sink.onError(error)
    else if (this.#isRepeatable && !this.#hasWaited) void this.#sendWhenReady()
    else
      this.#sink.onError(new GatewayError('AGW_NO_REPLICA', { upstream: COMPOSER, cause: error }))
  }

  async #sendWhenReady(): Promise<void> {
    this.#hasWaited = true
    try {
      await composerReady(this.#gateway)
      if (!this.isAborted) this.start()
    } catch (error) {
      if (!this.isAborted) this.#sink.onError(error as GatewayError)
    }
  }
}
