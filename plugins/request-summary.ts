/** What became of a request, once its connection is done with it: for the access log, the traces and the metrics. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS, GatewayError } from '../src/errors.ts'
import type { ClientConnection } from '../src/socket/client-connection.ts'

/** Of a request that was answered, or was to be. */
export function requestSummary(request: FastifyRequest, reply: FastifyReply) {
  const { context } = request
  const { outcome } = context
  const isAborted = !reply.raw.writableFinished && outcome?.error === undefined
  const reason = isAborted ? abortReason(reply) : undefined
  return {
    status: reason === undefined ? reply.raw.statusCode : ERRORS[reason].status,
    upstream: context.upstream,
    component: context.component,
    runId: outcome?.runId,
    stream: outcome?.isEventStream || undefined,
    bytes: outcome?.bytes,
    durationMs: Math.round((performance.now() - context.startedAtMs) * 10) / 10,
    error: reason ?? context.error ?? outcome?.error?.code,
  }
}

/** Why an answer did not come to its end: the request broke (see `client-error.ts`), or the caller left. */
function abortReason({ raw }: FastifyReply): ErrorCode {
  const { errored } = raw
  return errored instanceof GatewayError ? errored.code : 'AGW_CLIENT_CLOSED'
}

/** What a WebSocket has beside and instead of a request's: all that went over it, together. */
export function socketSummary(
  { links, writer, framesIn, bytesIn }: ClientConnection,
  closeCode: number,
) {
  return {
    status: 101,
    upstream: [...links.upstreams].join(', ') || undefined,
    closeCode,
    runs: links.runs,
    framesIn,
    bytesIn,
    framesOut: writer.frames,
    bytes: writer.bytes,
    error: links.lastError?.code,
  }
}
