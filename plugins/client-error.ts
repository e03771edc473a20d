/**
 * Answers requests that Node's HTTP server does not pass on: malformed HTTP, heads over the size limit, heads that exceed
 * `header_timeout`, and `CONNECT`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { CorsConfig } from '../config/types.ts'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS, errorBody, GatewayError, retryAfterHeader, STATUS_TEXTS } from '../src/errors.ts'
import { writeRefusal } from './access-log.ts'
import { corsHeaders } from './cors.ts'
import { SERVED_METHODS } from './head-guard.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'AGW_HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'AGW_REQUEST_TIMEOUT',
}

/** Codes of Node's HTTP parser. Other errors are those of the connection, such as a failed TLS handshake. */
const PARSER_CODE = /^(?:HPE|ERR_HTTP)_/

/** Time for a caller to read its answer and to close the connection, in milliseconds. */
const LINGER_MS = 2_000

/** The error that Node emits for a request it could not parse. */
interface ClientError extends Error {
  readonly code?: string
  /** The last bytes that the parser read. */
  readonly rawPacket?: unknown
}

/**
 * Handles Node's `clientError`: sends one answer in AgentOS's shape and closes the connection. A request with a broken
 * body gets no answer once its response has begun: the bytes would become part of that response.
 */
export function clientErrorHandler(access: FastifyBaseLogger) {
  return function clientError(this: FastifyInstance, error: ClientError, socket: Socket): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    if (!PARSER_CODE.test(error.code ?? '')) {
      // Before the end of a TLS handshake nothing can be sent, and `end` would wait for it without limit.
      writeRefusal(access, socket.remoteAddress, 'AGW_BAD_REQUEST')
      this.traffic.error('AGW_BAD_REQUEST', '')
      socket.destroy()
      return
    }
    const code = CODES[error.code ?? ''] ?? 'AGW_BAD_REQUEST'
    const { cors } = this.engine.current.config
    const response = responseOn(socket)
    if (response === undefined) {
      writeRefusal(access, socket.remoteAddress, code)
      this.traffic.error(code, '')
      socket.end(rawErrorResponse(code, corsOf(error, cors)), 'latin1')
      destroyLater(socket)
      return
    }
    // The access log reads this code. A caller that ends its side inside the body has left.
    const hasLeft = error.code === 'HPE_INVALID_EOF_STATE'
    const reason = new GatewayError(hasLeft ? 'AGW_CLIENT_CLOSED' : code)
    if (response.headersSent) response.destroy(reason)
    else {
      const headers = corsHeaders(response.req.headers.origin, cors)
      socket.end(rawErrorResponse(code, headers), 'latin1', () => response.destroy(reason))
    }
  }
}

/** Refuses `CONNECT` with 405: the gateway is no forward proxy. Without a listener Node would close the connection. */
export function refuseConnect(app: FastifyInstance, access: FastifyBaseLogger): void {
  app.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    const code = 'AGW_METHOD_NOT_ALLOWED'
    writeRefusal(access, socket.remoteAddress, code)
    app.traffic.error(code, '')
    // Node has taken its own listener away.
    socket.on('error', () => socket.destroy())
    if (responseOn(socket) !== undefined) {
      // The answer would become part of the response in progress.
      socket.destroy()
      return
    }
    socket.end(rawErrorResponse(code, { allow: SERVED_METHODS.join(', ') }), 'latin1')
    destroyLater(socket)
  })
}

/** Closes the other half too: a caller that never closes it would hold the connection without limit. */
function destroyLater(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  socket.once('close', () => clearTimeout(timer))
}

/**
 * CORS headers for a request without a parsed head. Node hands over only the last packet; if it lacks the `Origin`, the
 * answer allows any origin.
 */
function corsOf({ rawPacket }: ClientError, cors: CorsConfig): Record<string, string> {
  const text = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : ''
  const origin = /\r\norigin:[ \t]*([^\r\n]*?)[ \t]*\r\n/i.exec(text)?.[1]
  const isWhole = /^[A-Z]+ /.test(text) && text.includes('\r\n\r\n')
  const isUnknown = origin === undefined && !isWhole && text !== ''
  return isUnknown ? { 'access-control-allow-origin': '*' } : corsHeaders(origin, cors)
}

/** The open response of a connection. Node keeps it in this member, and its own `clientError` default reads it there. */
export function responseOn(socket: Socket & { _httpMessage?: ServerResponse | null }) {
  return socket._httpMessage ?? undefined
}

/** Returns a complete response as latin1 text, for connections without a parsed request. */
export function rawErrorResponse(
  code: ErrorCode,
  headers: Readonly<Record<string, string>> = {},
): string {
  const { status, detail } = ERRORS[code]
  const body = errorBody(detail)
  const more = Object.entries({ ...retryAfterHeader(code), ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return (
    `HTTP/1.1 ${status} ${STATUS_TEXTS[status]}\r\ncontent-type: application/json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nx-agentos-gateway-error: ${code}\r\n` +
    `${more.join('')}connection: close\r\n\r\n${body}`
  )
}
