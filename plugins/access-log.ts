/** One line for each request, also for those that were streamed, aborted or never understood, once the connection is done with it. */
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS } from '../src/errors.ts'
import type { Conversation } from './facts.ts'
import { outcomeOf, socketOutcomeOf } from './outcome.ts'
import { pathOf } from './path-guard.ts'

/** What every line says beside who asked for what. */
interface Said {
  readonly status: number
  readonly error?: string | undefined
}

/** A failure of the gateway, or of what is behind it, is worth a warning; what callers do is not. */
function write(log: FastifyBaseLogger, line: Said): void {
  const { status, error } = line
  const blamesUpstream =
    error !== undefined && error in ERRORS && ERRORS[error as ErrorCode].countsAgainstReplica
  log[status >= 500 || blamesUpstream ? 'warn' : 'info'](line, 'request')
}

/** The line of a request. */
export function writeLine(log: FastifyBaseLogger, request: FastifyRequest, said: Said): void {
  const { id: requestId, method, facts } = request
  const traceId = facts?.trace?.traceId
  // Query values can hold user data and, in some clients, tokens: the log keeps the path alone.
  const line = { requestId, traceId, method, path: pathOf(request), client: request.ip, ...said }
  write(log, line)
}

/** The line of what never became a request: nothing is known of it but where it came from. */
export function writeRefusal(
  log: FastifyBaseLogger,
  client: string | undefined,
  error: ErrorCode,
): void {
  write(log, { client, status: ERRORS[error].status, error } as Said)
}

export default fp(
  async (app) => {
    const { access } = app.logs

    async function logSocket(request: FastifyRequest, reply: FastifyReply, socket: Conversation) {
      const closeCode = await socket.closeCode
      const said = { ...outcomeOf(request, reply), ...socketOutcomeOf(socket.session, closeCode) }
      writeLine(access, request, said)
    }

    app.addHook('onRequest', (request, reply, done) => {
      request.facts.closings.push(() => {
        if (access.level === 'silent') return
        const { conversation } = request.facts
        if (conversation === undefined) writeLine(access, request, outcomeOf(request, reply))
        else void logSocket(request, reply, conversation)
      })
      done()
    })
  },
  { name: 'access-log', dependencies: ['facts', 'logs'] },
)
