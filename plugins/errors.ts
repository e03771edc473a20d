/** Answers every failure as AgentOS's `{"detail": …}`, with the gateway's code in a header and the reason in the log. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ErrorCode } from '../src/errors.ts'
import { errorBody, GatewayError, RefusedAnswer, STATUS_TEXTS } from '../src/errors.ts'
import { writeLine } from './access-log.ts'
import { corsHeaders, preflightHeaders } from './cors.ts'

/** Maps Fastify's error codes to rows of the error table. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_BAD_URL: 'AGW_INVALID_PATH',
  FST_ERR_MAX_PARAM_LENGTH: 'AGW_INVALID_PATH',
  FST_ERR_CTP_BODY_TOO_LARGE: 'AGW_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'AGW_BAD_REQUEST',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'AGW_BAD_REQUEST',
}

/** Maps any thrown value to a row of the error table. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return new GatewayError(FASTIFY_CODES[code] ?? 'AGW_INTERNAL', { cause: error })
}

/** Headers of an error response, beside the headers already set on the reply. */
function errorHeaders(error: GatewayError): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-agentos-gateway-error': error.code,
    ...error.headers,
  }
}

/** The upstream's body if it is JSON; a proxy in front of the upstream may send HTML. */
function asJson({ body, message }: RefusedAnswer): Buffer | string {
  try {
    JSON.parse(body.toString('utf8'))
    return body
  } catch {
    return errorBody(message)
  }
}

/** Notes a failure for the access log, the metrics and, where it is unexpected, the log. */
export function noteError({ context, log }: FastifyRequest, error: GatewayError): void {
  context.error = error.code
  context.refusal ??= error
  context.upstream ??= error.upstream
  if (error.code === 'AGW_INTERNAL') log.error({ err: error.cause ?? error }, 'unexpected error')
}

function sendError(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  if (thrown instanceof RefusedAnswer) {
    return reply.code(thrown.status).header('content-type', 'application/json').send(asJson(thrown))
  }
  const error = asGatewayError(thrown)
  noteError(request, error)
  return reply.code(error.status).headers(errorHeaders(error)).send(errorBody(error.detail))
}

/**
 * Answers requests that Fastify refuses before any plugin runs: an undecodable target or a path segment over the limit.
 */
export function sendFrameworkError(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { cors } = request.server.engine.current.config
  reply.header('x-request-id', request.id)
  const leave = preflightHeaders(request.raw, cors)
  if (leave) {
    // Without CORS headers a page would see a network error instead of this answer.
    writeLine(request.server.logs.access, request, { status: 200 })
    void reply.code(200).headers(leave).send()
    return
  }
  const failure = asGatewayError(error)
  writeLine(request.server.logs.access, request, { status: failure.status, error: failure.code })
  request.server.traffic.error(failure.code, '')
  reply.headers({ ...corsHeaders(request.headers.origin, cors), ...errorHeaders(failure) })
  void reply.code(failure.status).send(errorBody(failure.detail))
}

/** Headers that plugins have set on the reply, such as CORS and the request id, as names and values in turn. */
export function replyHeaders(reply: FastifyReply): string[] {
  const set = reply.getHeaders()
  const headers: string[] = []
  for (const name in set) {
    const value = set[name]
    if (value !== undefined) headers.push(name, String(value))
  }
  return headers
}

/**
 * Answers on the raw response, after `reply.hijack()`.
 *
 * @param onSent called once the response has been handed to the socket
 */
export function sendRawError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: GatewayError,
  onSent?: () => void,
): void {
  request.context.error = error.code
  const body = errorBody(error.detail)
  // The reason phrase is set because an unwritable one of the upstream may be left on the response.
  const headers = { ...errorHeaders(error), 'content-length': String(Buffer.byteLength(body)) }
  const own = replyHeaders(reply)
  const kept = own.flatMap((name, i) => (i % 2 || name in headers ? [] : [name, own[i + 1] ?? '']))
  reply.raw.writeHead(error.status, STATUS_TEXTS[error.status], [
    ...kept,
    ...Object.entries(headers).flat(),
  ])
  reply.raw.end(body, onSent)
}

export default fp(
  async (app) => {
    app.setErrorHandler((error: FastifyError, request, reply) => sendError(request, reply, error))
  },
  { name: 'errors', dependencies: ['request-context'] },
)
