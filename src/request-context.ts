/** Collects the facts about a request until its end, for the access log, the metrics and the traces. */
import type { RequestTarget } from './authorization/authorizer.ts'
import type { ErrorCode, GatewayError } from './errors.ts'
import type { FaceName } from './face/face.ts'
import type { RelayOutcome } from './relay/relay.ts'
import type { RequestSummary } from './request-summary.ts'
import type { ClientConnection } from './socket/client-connection.ts'
import type { ServerTrace } from './tracing/tracing.ts'

/** The connection of a WebSocket request. */
export interface WebSocketContext {
  readonly connection: ClientConnection
  /** Close code of the socket, after it has closed (RFC 6455 §7.4). */
  readonly closeCode: Promise<number>
}

/** `open`: all requests, without a token. `caller`: every caller with a valid token of any scope. */
export type RouteAccess = 'open' | 'caller'

export class RequestContext {
  /** `performance.now()` */
  readonly startedAtMs = performance.now()
  /** Route pattern of Fastify; `''` for a request without a route. */
  readonly route: string
  /** Access to the route; undefined: every caller, by AgentOS's scopes. */
  readonly access: RouteAccess | undefined
  /** Protocol of the route, if it is not AgentOS's own. */
  readonly face: FaceName | undefined
  /** Target of the URL, read on first use: see `request-target.ts`. */
  urlTarget: RequestTarget | undefined
  /**
   * AgentOS target of a face's request, known after its body was read. Replaces the URL for authorization and counting.
   */
  target: RequestTarget | undefined
  upstream: string | undefined
  /** `agents/echo`, `teams/duo`; undefined for a request that concerns no component. */
  component: string | undefined
  outcome: RelayOutcome | undefined
  error: ErrorCode | undefined
  /** The failure that the request was answered with, or that refused the target of a face's request. */
  refusal: GatewayError | undefined
  /** Session of the run that the request started, once its first bytes have come. */
  sessionId: string | undefined
  /** Trace of the request; undefined when tracing is off. */
  trace: ServerTrace | undefined
  /** The run continues without its caller: an administrator disconnected it, or the run is in the background and has a limit. */
  isDetaching = false
  /** The caller has left, and the response is read on: {@link end} is called when it ends. */
  isReadOn = false
  /** Another request of the caller cancelled this one: it ends as if the caller had left. */
  isCancelled = false
  /** Set for a WebSocket request. */
  webSocket: WebSocketContext | undefined
  /** Summary of a request that is over; undefined before, and for a WebSocket. See `request-summary.ts`. */
  summary: RequestSummary | undefined
  #isClosed = false
  #closeListeners: (() => void)[] | undefined
  #endListeners: (() => void)[] | undefined

  constructor(route: string, access: RouteAccess | undefined, face?: FaceName) {
    this.route = route
    this.access = access
    this.face = face
  }

  /**
   * Adds a listener for the end of the connection. One `close` listener of the response serves all of them. Once the
   * connection has ended, a new listener is called at once: a face may still read the body then.
   */
  onClose(listener: () => void): void {
    if (this.#isClosed) {
      listener()
      return
    }
    this.#closeListeners ??= []
    this.#closeListeners.push(listener)
  }

  /** Like {@link onClose}, for the end of the response: later than the connection's if it is read on without a caller. */
  onEnd(listener: () => void): void {
    if (this.#isClosed && !this.isReadOn) {
      listener()
      return
    }
    this.#endListeners ??= []
    this.#endListeners.push(listener)
  }

  /** The connection has ended. Calls the listeners in order. */
  close(): void {
    this.#isClosed = true
    for (const listener of this.#closeListeners ?? []) listener()
    if (!this.isReadOn) this.end()
  }

  /** The response has ended. Calls the listeners once. */
  end(): void {
    this.isReadOn = false
    const listeners = this.#endListeners ?? []
    this.#endListeners = undefined
    for (const listener of listeners) listener()
  }
}
