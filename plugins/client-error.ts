/** Answers what never became a request: broken HTTP, heads that are too large, heads that come too slowly. */
import type { ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS, errorBody, GatewayError } from '../src/errors.ts'
import { writeRefusal } from './access-log.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'AGW_HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'AGW_REQUEST_TIMEOUT',
}

/**
 * Node's `clientError`: one answer in AgentOS's shape, then the connection is closed. A request whose body breaks is
 * refused as a whole, unless its answer has begun: bytes put into that would be taken for a part of it.
 */
export function clientErrorHandler(access: FastifyBaseLogger) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const code = CODES[error.code ?? ''] ?? 'AGW_BAD_REQUEST'
    const response = responseOn(socket)
    if (response === undefined) {
      writeRefusal(access, socket.remoteAddress, code)
      socket.end(rawAnswer(code))
      return
    }
    // The access log finds there why the request ended. Who sends no more, in the middle of a body, has left.
    const hasLeft = error.code === 'HPE_INVALID_EOF_STATE'
    const reason = new GatewayError(hasLeft ? 'AGW_CLIENT_CLOSED' : code)
    if (response.headersSent) response.destroy(reason)
    else socket.end(rawAnswer(code), () => response.destroy(reason))
  }
}

/** The answer under way on a connection, as Node notes it there: its own `clientError` default looks at it too. */
function responseOn(socket: Socket & { _httpMessage?: ServerResponse | null }) {
  return socket._httpMessage ?? undefined
}

/** A whole answer in bytes, for connections on which no request has been read. */
export function rawAnswer(code: ErrorCode, headers: Readonly<Record<string, string>> = {}): string {
  const { status, detail } = ERRORS[code]
  const body = errorBody(detail)
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nx-agentos-gateway-error: ${code}\r\n` +
    `${more.join('')}connection: close\r\n\r\n${body}`
  )
}
