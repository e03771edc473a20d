/** What became of a request, once its connection is done with it: for the access log, the traces and the metrics. */
import type { ServerResponse } from 'node:http'
import type { ErrorCode } from './errors.ts'
import { ERRORS, GatewayError } from './errors.ts'
import type { RequestContext } from './request-context.ts'
import type { ClientConnection } from './socket/client-connection.ts'

/** The response of a request, as Fastify holds it. */
interface Reply {
  readonly raw: ServerResponse
}

/** Of a request that was answered, or was to be. */
export function requestSummary({ context }: { readonly context: RequestContext }, reply: Reply) {
  const { outcome } = context
  const isAborted = !reply.raw.writableFinished && outcome?.error === undefined
  const reason = isAborted ? abortReason(reply) : undefined
  return {
    status: reason === undefined ? reply.raw.statusCode : ERRORS[reason].status,
    face: context.face,
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
function abortReason({ raw }: Reply): ErrorCode {
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
