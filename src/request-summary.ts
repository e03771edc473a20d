/** Summarises a finished request or WebSocket for the access log, the traces and the metrics. */
import type { ServerResponse } from 'node:http'
import type { Caller } from './auth/caller.ts'
import type { ErrorCode } from './errors.ts'
import { ERRORS, GatewayError } from './errors.ts'
import type { RequestContext } from './request-context.ts'
import type { ClientConnection } from './socket/client-connection.ts'

/** The response of a request in Fastify's reply. */
interface Reply {
  readonly raw: ServerResponse
}

/** Summary of a request, for the log and the metrics. */
export type RequestSummary = ReturnType<typeof summarized>

/**
 * Summary of a request that is over, also of one that was not answered. Computed once for log, metrics and trace. A WebSocket
 * lives on after its request, so its summary is computed on each call.
 */
export function requestSummary(
  { context }: { readonly context: RequestContext },
  reply: Reply,
): RequestSummary {
  if (context.webSocket !== undefined) return summarized(context, reply)
  context.summary ??= summarized(context, reply)
  return context.summary
}

function summarized(context: RequestContext, reply: Reply) {
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

/** The parts of a request with its caller. Undefined for a request that was refused before it was authenticated. */
interface CallersRequest {
  readonly caller: Caller | undefined
  readonly context: RequestContext | undefined
}

/** The caller of a request. On a WebSocket, it is the one of the last accepted token. */
export function lastCallerOf({ caller, context }: CallersRequest): Caller | undefined {
  return context?.webSocket?.connection.caller ?? caller
}

/** The verified subject of the {@link lastCallerOf}. */
export function subjectOf(request: CallersRequest): string | undefined {
  return lastCallerOf(request)?.subject
}

/** Reason of an unfinished response: an invalid request (see `client-error.ts`), or a caller that left. */
function abortReason({ raw }: Reply): ErrorCode {
  const { errored } = raw
  return errored instanceof GatewayError ? errored.code : 'AGW_CLIENT_CLOSED'
}

/** Summary of a WebSocket: all its frames and runs together. */
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
