/** What is known of a request by the time it is over: filled in on the way, read by the access log and the metrics. */
import fp from 'fastify-plugin'
import type { ErrorCode } from '../src/errors.ts'
import type { RelayOutcome } from '../src/relay/relay.ts'
import type { ClientConnection } from '../src/socket/client-connection.ts'
import type { ServerTrace } from '../src/tracing/tracing.ts'

/** What goes over a WebSocket. */
export interface WebSocketContext {
  readonly connection: ClientConnection
  /** How it was closed, once it has been (RFC 6455 §7.4). */
  readonly closeCode: Promise<number>
}

export interface RequestContext {
  readonly startedAtMs: number
  /** Pattern of the route, as Fastify has it; `''` where there is none. */
  readonly route: string
  /** The route is served to everybody. */
  readonly isOpenRoute: boolean
  upstream: string | undefined
  /** `agents/echo`, `teams/duo`; undefined where the request belongs to no component. */
  component: string | undefined
  outcome: RelayOutcome | undefined
  error: ErrorCode | undefined
  /** Session of the run, where it is known: only looked for where the request is traced. */
  sessionId: string | undefined
  /** Follows the request, where tracing is on. */
  trace: ServerTrace | undefined
  /** Called in turn once the connection is done with the answer: one listener of the answer's `close` serves them all. */
  readonly onClose: (() => void)[]
  /** Set for a WebSocket. */
  webSocket: WebSocketContext | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    context: RequestContext
  }
}

export default fp(
  async (app) => {
    app.decorateRequest('context')
    app.addHook('onRequest', (request, reply, done) => {
      const onClose: (() => void)[] = []
      reply.raw.once('close', () => {
        for (const close of onClose) close()
      })
      // Made anew each time it is read.
      const { url: route = '', config } = request.routeOptions
      request.context = {
        startedAtMs: performance.now(),
        route,
        isOpenRoute: config?.access === 'open',
        upstream: undefined,
        component: undefined,
        outcome: undefined,
        error: undefined,
        sessionId: undefined,
        trace: undefined,
        onClose,
        webSocket: undefined,
      }
      done()
    })
  },
  { name: 'request-context' },
)
