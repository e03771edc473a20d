/** What became of a request, once its connection is done with it: for the access log, the traces and the metrics. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ERRORS } from '../src/errors.ts'
import type { Session } from '../src/socket/session.ts'

/** Of a request that was answered, or was to be. */
export function outcomeOf(request: FastifyRequest, reply: FastifyReply) {
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

/** What a WebSocket has beside and instead of a request's: all that went over it, together. */
export function socketOutcomeOf({ links, outlet, framesIn, bytesIn }: Session, closeCode: number) {
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
