/** Reads a whole response into memory, for requests that the gateway makes itself. */
import { GatewayError } from '../errors.ts'
import { decoded } from './decoder.ts'
import type { Exchange, ResponseHead, ResponseSink } from './exchange.ts'
import { headerOf } from './header-of.ts'

/** A complete response. */
export interface WholeResponse {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** Largest body of a card, config or list, in bytes. */
const MAX_OWN_RESPONSE_BYTES = 32 * 1024 * 1024

/**
 * Sends a request and reads its response, with any status.
 *
 * @param upstream name in error messages
 * @param send starts the request
 * @throws {GatewayError} the failure of the request; `AGW_CLIENT_CLOSED` when the signal aborts it; the signal's reason when
 *   it was aborted before
 */
export async function collect(
  upstream: string,
  send: (sink: ResponseSink) => Exchange,
  signal: AbortSignal | undefined,
): Promise<WholeResponse> {
  signal?.throwIfAborted()
  const collector = new Collector(upstream, MAX_OWN_RESPONSE_BYTES)
  const exchange = send(collector)
  if (signal === undefined) return withoutCodings(upstream, await collector.response)
  const onAbort = () => {
    exchange.abort()
    collector.onError(new GatewayError('AGW_CLIENT_CLOSED', { upstream, cause: signal.reason }))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return withoutCodings(upstream, await collector.response)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Decodes the body: an upstream may compress it although the request asked for `identity`. */
async function withoutCodings(upstream: string, response: WholeResponse): Promise<WholeResponse> {
  const encoding = headerOf(response, 'content-encoding')
  if (encoding === undefined) return response
  try {
    return { ...response, body: await decoded(response.body, encoding, MAX_OWN_RESPONSE_BYTES) }
  } catch (cause) {
    const detail = `Upstream '${upstream}' sent an answer with an unknown or invalid content coding`
    throw new GatewayError('AGW_UPSTREAM_PROTOCOL', { detail, upstream, cause })
  }
}

/** Failure after the head of a response that no caller has seen. */
const AS_A_WHOLE = {
  AGW_RELAY_INTERRUPTED: 'AGW_UPSTREAM_RESET',
  AGW_RELAY_TIMEOUT: 'AGW_UPSTREAM_TIMEOUT',
} as const

function asAWhole(error: GatewayError): GatewayError {
  const { code, upstream, cause } = error
  if (code !== 'AGW_RELAY_INTERRUPTED' && code !== 'AGW_RELAY_TIMEOUT') return error
  return new GatewayError(AS_A_WHOLE[code], { ...(upstream && { upstream }), cause })
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

  /** @param maxBytes largest body; a longer one rejects with `AGW_UPSTREAM_PROTOCOL` */
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
    this.#reject(asAWhole(error))
  }
}
