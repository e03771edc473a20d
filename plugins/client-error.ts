/** Answers what never became a request: broken HTTP, heads that are too large, heads that come too slowly. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { CorsConfig } from '../config/types.ts'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS, errorBody, GatewayError, retryAfterHeader, STATUS_TEXTS } from '../src/errors.ts'
import { writeRefusal } from './access-log.ts'
import { corsHeaders } from './cors.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'AGW_HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'AGW_REQUEST_TIMEOUT',
}

/** What Node tells of a request it could not read. */
interface ClientError extends Error {
  readonly code?: string
  /** The bytes it stumbled over: what it read last. */
  readonly rawPacket?: unknown
}

/**
 * Node's `clientError`: one answer in AgentOS's shape, then the connection is closed. A request whose body breaks is
 * refused as a whole, unless its answer has begun: bytes put into that would be taken for a part of it.
 */
export function clientErrorHandler(access: FastifyBaseLogger) {
  return function clientError(this: FastifyInstance, error: ClientError, socket: Socket): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
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
      return
    }
    // The access log finds there why the request ended. Who sends no more, in the middle of a body, has left.
    const hasLeft = error.code === 'HPE_INVALID_EOF_STATE'
    const reason = new GatewayError(hasLeft ? 'AGW_CLIENT_CLOSED' : code)
    if (response.headersSent) response.destroy(reason)
    else {
      const headers = corsHeaders(response.req.headers.origin, cors)
      socket.end(rawErrorResponse(code, headers), 'latin1', () => response.destroy(reason))
    }
  }
}

/**
 * Who asks stands in the head, of which Node hands over what came last. Where that is not all of it, any page may read what is
 * said to all.
 */
function corsOf({ rawPacket }: ClientError, cors: CorsConfig): Record<string, string> {
  const text = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : ''
  const origin = /\r\norigin:[ \t]*([^\r\n]*?)[ \t]*\r\n/i.exec(text)?.[1]
  const isWhole = /^[A-Z]+ /.test(text) && text.includes('\r\n\r\n')
  const isUnknown = origin === undefined && !isWhole && text !== ''
  return isUnknown ? { 'access-control-allow-origin': '*' } : corsHeaders(origin, cors)
}

/** The answer under way on a connection, as Node notes it there: its own `clientError` default looks at it too. */
function responseOn(socket: Socket & { _httpMessage?: ServerResponse | null }) {
  return socket._httpMessage ?? undefined
}

/** A whole answer as latin1 text, for connections on which no request has been read. */
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
