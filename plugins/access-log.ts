/**
 * Writes one access-log line for each request when its connection is done with it, also for streams, aborted requests
 * and unreadable ones.
 */
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS } from '../src/errors.ts'
import type { WebSocketContext } from '../src/request-context.ts'
import { lastCallerOf, requestSummary, socketSummary } from '../src/request-summary.ts'
import { normalPathOf } from '../src/request-target.ts'
import type { AccessLine } from './access-line.ts'
import { useTemplate } from './access-line.ts'

/** Failures of the gateway and of upstreams are warnings; refusals of a caller's request are not. */
function write(log: FastifyBaseLogger, line: AccessLine): void {
  const { status, error } = line
  const blamesUpstream =
    error !== undefined && error in ERRORS && ERRORS[error as ErrorCode].countsAgainstReplica
  log[status >= 500 || blamesUpstream ? 'warn' : 'info'](line, 'request')
}

/** Writes the line of a request that Fastify has parsed. */
export function writeLine(
  log: FastifyBaseLogger,
  request: FastifyRequest,
  values: AccessLine,
): void {
  const { id: requestId, method, context } = request
  const traceId = context?.trace?.traceId
  const caller = lastCallerOf(request)
  // A query can hold user data and tokens, so only the path is logged.
  const line = {
    requestId,
    traceId,
    method,
    path: normalPathOf(request),
    client: request.ip,
    caller: request.gateway?.config.log.caller ? caller?.subject : undefined,
    key: caller?.key,
    ...values,
  }
  write(log, line)
}

/** Writes the line of a request that could not be parsed. Only the client's address is known. */
export function writeRefusal(
  log: FastifyBaseLogger,
  client: string | undefined,
  error: ErrorCode,
): void {
  write(log, { client, status: ERRORS[error].status, error })
}

export default fp(
  async (app) => {
    const { access } = app.logs
    // Here, not where the loggers are made: the composer writes lines of another form to its access log.
    useTemplate(access)

    async function logSocket(
      request: FastifyRequest,
      reply: FastifyReply,
      socket: WebSocketContext,
    ) {
      const closeCode = await socket.closeCode
      const values = {
        ...requestSummary(request, reply),
        ...socketSummary(socket.connection, closeCode),
      }
      writeLine(access, request, values)
    }

    app.closeListeners.push((request, reply) => {
      if (access.level === 'silent') return
      const { webSocket } = request.context
      if (webSocket === undefined) writeLine(access, request, requestSummary(request, reply))
      else void logSocket(request, reply, webSocket)
    })
  },
  { name: 'access-log', dependencies: ['request-context', 'logs'] },
)
