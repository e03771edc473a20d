/** Receives a response whole, for the gateway's own requests. */
import { GatewayError } from '../errors.ts'
import type { Exchange, ResponseHead, ResponseSink } from './exchange.ts'

/** A response that has arrived completely. */
export interface WholeResponse {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** Largest answer the gateway reads for itself: cards, configs, lists. */
const MAX_OWN_RESPONSE_BYTES = 32 * 1024 * 1024

/**
 * Sends a request and reads its answer whole, whatever its status.
 *
 * @param upstream name for the wording of errors
 * @param send begins the request
 * @throws {GatewayError} what the sink is told; `AGW_CLIENT_CLOSED` when the signal is aborted under way, its reason when it
 *   was before
 */
export async function collect(
  upstream: string,
  send: (sink: ResponseSink) => Exchange,
  signal: AbortSignal | undefined,
): Promise<WholeResponse> {
  signal?.throwIfAborted()
  const collector = new Collector(upstream, MAX_OWN_RESPONSE_BYTES)
  const exchange = send(collector)
  if (signal === undefined) return collector.response
  const onAbort = () => {
    exchange.abort()
    collector.onError(new GatewayError('AGW_CLIENT_CLOSED', { upstream, cause: signal.reason }))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await collector.response
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Resolves with the whole response. Settles exactly once. */
export class Collector implements ResponseSink {
  readonly response: Promise<WholeResponse>
  readonly #maxBytes: number
  readonly #upstream: string
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #head: ResponseHead | undefined
  #exchange: Exchange | undefined
  readonly #resolve: (response: WholeResponse) => void
  readonly #reject: (error: Error) => void

  /** @param maxBytes largest body taken; a longer one rejects with `AGW_UPSTREAM_PROTOCOL` */
  constructor(upstream: string, maxBytes: number) {
    this.#upstream = upstream
    this.#maxBytes = maxBytes
    const { promise, resolve, reject } = Promise.withResolvers<WholeResponse>()
    this.response = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    this.#head = head
    this.#exchange = exchange
  }

  onData(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) {
      this.#exchange?.abort()
      const detail = `Upstream '${this.#upstream}' sent more than ${this.#maxBytes} bytes`
      this.#reject(new GatewayError('AGW_UPSTREAM_PROTOCOL', { detail, upstream: this.#upstream }))
      return
    }
    this.#chunks.push(chunk)
  }

  onEnd(): void {
    const head = this.#head as ResponseHead
    this.#resolve({
      status: head.status,
      rawHeaders: head.rawHeaders,
      body: Buffer.concat(this.#chunks),
    })
  }

  onError(error: GatewayError): void {
    this.#reject(error)
  }
}
