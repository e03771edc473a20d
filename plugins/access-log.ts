/** One line per request, also for streamed and aborted ones, written when the connection is done with it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Conversation } from './facts.ts'
import { outcomeOf, socketOutcomeOf } from './outcome.ts'

/** Query values can hold user data and, in some clients, tokens: the log keeps the path alone. */
function pathOf(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** What every line says. */
export function writeLine(request: FastifyRequest, said: object): void {
  const { id: requestId, method, facts } = request
  const traceId = facts?.trace?.traceId
  const line = { requestId, traceId, method, path: pathOf(request), client: request.ip, ...said }
  request.log.info(line, 'request')
}

export default fp(
  async (app) => {
    async function logSocket(request: FastifyRequest, reply: FastifyReply, socket: Conversation) {
      const closeCode = await socket.closeCode
      writeLine(request, {
        ...outcomeOf(request, reply),
        ...socketOutcomeOf(socket.session, closeCode),
      })
    }

    app.addHook('onRequest', (request, reply, done) => {
      reply.raw.once('close', () => {
        const { conversation } = request.facts
        if (conversation === undefined) writeLine(request, outcomeOf(request, reply))
        else void logSocket(request, reply, conversation)
      })
      done()
    })
  },
  { name: 'access-log', dependencies: ['facts'] },
)
