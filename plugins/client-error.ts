/** Answers what never became a request: broken HTTP, heads that are too large, heads that come too slowly. */
import type { Socket } from 'node:net'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS, errorBody } from '../src/errors.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'AGW_HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'AGW_REQUEST_TIMEOUT',
}
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Node's `clientError`: one answer in AgentOS's shape, then the connection is closed. */
export function clientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = CODES[error.code ?? ''] ?? 'AGW_BAD_REQUEST'
  const { status, detail } = ERRORS[code]
  const body = errorBody(detail)
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status]}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-agentos-gateway-error: ${code}\r\nconnection: close\r\n\r\n${body}`,
  )
}
