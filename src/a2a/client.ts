/** Calls a component behind an A2A server: translates AgentOS requests to A2A and the answers back. */
import type { A2aBinding } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'
import { DeferredExchange } from '../upstream/deferred-exchange.ts'
import type {
  Exchange,
  ResponseHead,
  ResponseSink,
  SendOptions,
  UpstreamRequest,
} from '../upstream/exchange.ts'
import { headerOf } from '../upstream/header-of.ts'
import { callHeaders } from './headers.ts'
import type { A2aCall } from './request.ts'
import { callFor } from './request.ts'
import { A2aResponse } from './response.ts'
import type { A2aComponent } from './target.ts'

/** Sends the requests below one component. */
export class A2aClient {
  readonly #target: A2aComponent
  readonly #binding: A2aBinding
  /**
   * Path after the server's address when all calls use one URL. Some servers require a trailing slash, others refuse it.
   * After a redirect the client keeps the form that the redirect names.
   */
  #rpcPath: '' | '/'

  constructor(target: A2aComponent, binding: A2aBinding) {
    this.#target = target
    this.#binding = binding
    const hasPath = target.upstream.replicas.some(({ basePath }) => basePath !== '')
    this.#rpcPath = hasPath ? '' : '/'
  }

  /**
   * Sends a request below the component's own path. Its body must be whole. Never throws.
   *
   * Failures of the translation go to the sink: `AGW_A2A_UNSUPPORTED`, `AGW_A2A_FILE_UNSUPPORTED`, `AGW_BODY_INVALID`,
   * `AGW_UPSTREAM_PROTOCOL`.
   */
  send(
    request: UpstreamRequest,
    sink: ResponseSink,
    options: Omit<SendOptions, 'silenceMs'> = {},
  ): Exchange {
    const exchange = new DeferredExchange()
    const run = async () => {
      const call = await callFor(request, this.#binding)
      this.#dispatch(exchange, call, request, sink, options)
    }
    run().catch((error: unknown) => {
      if (!exchange.isAborted) sink.onError(asGatewayError(error))
    })
    return exchange
  }

  #dispatch(
    exchange: DeferredExchange,
    call: A2aCall,
    asked: UpstreamRequest,
    sink: ResponseSink,
    options: Omit<SendOptions, 'silenceMs'>,
    isRedirected = false,
  ): void {
    if (exchange.isAborted) return
    const { upstream, timeoutMs } = this.#target
    const path = call.path === '' ? this.#rpcPath : call.path
    const accept = call.answerForm === 'events' ? 'text/event-stream' : 'application/json'
    const headers = callHeaders(asked.headers, accept, call.body !== null)
    const answer = new A2aResponse(this.#target, call, sink, (head) => {
      if (isRedirected || call.path !== '' || !turnsSlash(head, path)) return false
      this.#rpcPath = path === '' ? '/' : ''
      this.#dispatch(exchange, call, asked, sink, options, true)
      return true
    })
    const { method, body } = call
    const { trace } = asked
    const sent = upstream.send({ method, path, headers, body, trace }, answer, {
      silenceMs: timeoutMs,
      ...options,
    })
    exchange.follow(sent)
  }
}

/** The redirect adds or removes a trailing slash and keeps method and body. @see RFC 9110 §15.4.8 */
function turnsSlash(head: ResponseHead, path: string): boolean {
  if (head.status !== 307 && head.status !== 308) return false
  const requested = new URL(head.replicaUrl + path)
  const location = URL.parse(headerOf(head, 'location') ?? '', requested.href)
  const wanted = path === '' ? `${requested.pathname}/` : requested.pathname.replace(/\/$/, '')
  return location?.pathname === wanted
}

function asGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('AGW_INTERNAL', { cause: error })
}
