/** One line per request, also for streamed and aborted ones, written when the connection is done with it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { ERRORS } from '../src/errors.ts'
import type { Session } from '../src/socket/session.ts'
import type { Conversation } from './facts.ts'

/** Query values can hold user data and, in some clients, tokens: the log keeps the path alone. */
function pathOf(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** What a WebSocket's line says beside and instead of a request's: all that went over it, together. */
function ofSocket({ links, outlet, framesIn, bytesIn }: Session, closeCode: number) {
  return {
    status: 101,
    upstream: [...links.upstreams].join(', ') || undefined,
    closeCode,
    runs: links.runs,
    framesIn,
    bytesIn,
    framesOut: outlet.frames,
    bytes: outlet.bytes,
    error: links.lastError?.code,
  }
}

/** What every line says. */
export function writeLine(request: FastifyRequest, said: object): void {
  const { id: requestId, method } = request
  const line = { requestId, method, path: pathOf(request), client: request.ip, ...said }
  request.log.info(line, 'request')
}

function outcomeOf(request: FastifyRequest, reply: FastifyReply) {
  const { facts } = request
  const { outcome } = facts
  const isAborted = !reply.raw.writableFinished && outcome?.error === undefined
  return {
    status: isAborted ? ERRORS.AGW_CLIENT_CLOSED.status : reply.raw.statusCode,
    upstream: facts.upstream,
    component: facts.component,
    runId: outcome?.runId,
    stream: outcome?.isEventStream || undefined,
    bytes: outcome?.bytes,
    durationMs: Math.round((performance.now() - facts.startedAtMs) * 10) / 10,
    error: isAborted ? 'AGW_CLIENT_CLOSED' : (facts.error ?? outcome?.error?.code),
  }
}

export default fp(
  async (app) => {
    async function logSocket(request: FastifyRequest, reply: FastifyReply, socket: Conversation) {
      const closeCode = await socket.closeCode
      writeLine(request, { ...outcomeOf(request, reply), ...ofSocket(socket.session, closeCode) })
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
