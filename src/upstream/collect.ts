/** Receives a response whole, for the gateway's own requests. */
import { GatewayError } from '../errors.ts'
import type { Exchange, ResponseHead, ResponseSink } from './exchange.ts'

/** A response that has arrived completely. */
export interface WholeResponse {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
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
