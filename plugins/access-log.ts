/** One line for each request, also for those that were streamed, aborted or never understood, once the connection is done with it. */
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS } from '../src/errors.ts'
import type { WebSocketContext } from '../src/request-context.ts'
import { requestSummary, socketSummary } from '../src/request-summary.ts'
import { pathOf } from '../src/request-target.ts'

/** What every line says beside who asked for what. */
interface LogValues {
  readonly status: number
  readonly error?: string | undefined
}

/** A failure of the gateway, or of what is behind it, is worth a warning; what callers do is not. */
function write(log: FastifyBaseLogger, line: LogValues): void {
  const { status, error } = line
  const blamesUpstream =
    error !== undefined && error in ERRORS && ERRORS[error as ErrorCode].countsAgainstReplica
  log[status >= 500 || blamesUpstream ? 'warn' : 'info'](line, 'request')
}

/** The line of a request. */
export function writeLine(
  log: FastifyBaseLogger,
  request: FastifyRequest,
  values: LogValues,
): void {
  const { id: requestId, method, context } = request
  const traceId = context?.trace?.traceId
  // Query values can hold user data and, in some clients, tokens: the log keeps the path alone.
  const line = { requestId, traceId, method, path: pathOf(request), client: request.ip, ...values }
  write(log, line)
}

/** The line of what never became a request: nothing is known of it but where it came from. */
export function writeRefusal(
  log: FastifyBaseLogger,
  client: string | undefined,
  error: ErrorCode,
): void {
  write(log, { client, status: ERRORS[error].status, error } as LogValues)
}

export default fp(
  async (app) => {
    const { access } = app.logs

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

    app.addHook('onRequest', (request, reply, done) => {
      request.context.onClose(() => {
        if (access.level === 'silent') return
        const { webSocket } = request.context
        if (webSocket === undefined) writeLine(access, request, requestSummary(request, reply))
        else void logSocket(request, reply, webSocket)
      })
      done()
    })
  },
  { name: 'access-log', dependencies: ['request-context', 'logs'] },
)
