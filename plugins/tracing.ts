/** Traces every request, where tracing is on, from its first hook until its response or WebSocket closes. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { routePattern } from '../src/metrics/route-pattern.ts'
import { requestSummary, socketSummary, subjectOf } from '../src/request-summary.ts'
import { normalPathOf } from '../src/request-target.ts'
import type { ServerTrace, Tracing } from '../src/tracing/tracing.ts'

export default fp<{ tracing: Tracing }>(
  async (app, { tracing }) => {
    app.addHook('onRequest', (request, reply, done) => {
      const { raw, context } = request
      const trace = tracing.begin({
        method: request.method,
        route: routePattern(request),
        path: normalPathOf(request),
        scheme: request.protocol,
        host: request.host || undefined,
        clientAddress: request.ip,
        httpVersion: raw.httpVersion,
        headers: request.headers,
        requestId: request.id,
      })
      context.trace = trace
      context.onClose(() => void end(trace, request, reply))
      done()
    })
    app.addHook('onClose', () => tracing.shutdown())
  },
  { name: 'tracing', dependencies: ['request-context'] },
)

async function end(trace: ServerTrace, request: FastifyRequest, reply: FastifyReply) {
  const { webSocket, sessionId } = request.context
  const caller = request.gateway.config.tracing.caller ? subjectOf(request) : undefined
  const outcome = { ...requestSummary(request, reply), caller }
  if (webSocket === undefined) {
    // 499 is only for the log. The span has the status that was sent, if any.
    const { headersSent, statusCode } = reply.raw
    trace.end({ ...outcome, sessionId, status: headersSent ? statusCode : undefined })
    return
  }
  const closeCode = await webSocket.closeCode
  const socket = socketSummary(webSocket.connection, closeCode)
  trace.end({ ...outcome, ...socket, sessionId: undefined })
}
