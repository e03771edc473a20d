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

function line(request: FastifyRequest, reply: FastifyReply) {
  const { facts } = request
  const { outcome } = facts
  const isAborted = !reply.raw.writableFinished && outcome?.error === undefined
  const error = isAborted ? 'AGW_CLIENT_CLOSED' : (facts.error ?? outcome?.error?.code)
  return {
    requestId: request.id,
    method: request.method,
    path: pathOf(request),
    status: isAborted ? ERRORS.AGW_CLIENT_CLOSED.status : reply.raw.statusCode,
    upstream: facts.upstream,
    component: facts.component,
    runId: outcome?.runId,
    stream: outcome?.isEventStream || undefined,
    bytes: outcome?.bytes,
    durationMs: Math.round((performance.now() - facts.startedAtMs) * 10) / 10,
    client: request.ip,
    error,
  }
}

export default fp(
  async (app) => {
    async function logSocket(request: FastifyRequest, reply: FastifyReply, socket: Conversation) {
      const closeCode = await socket.closeCode
      app.log.info({ ...line(request, reply), ...ofSocket(socket.session, closeCode) }, 'request')
    }

    app.addHook('onRequest', (request, reply, done) => {
      reply.raw.once('close', () => {
        const { conversation } = request.facts
        if (conversation === undefined) app.log.info(line(request, reply), 'request')
        else void logSocket(request, reply, conversation)
      })
      done()
    })
  },
  { name: 'access-log', dependencies: ['facts'] },
)
