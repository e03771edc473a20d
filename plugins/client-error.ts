/** Answers what never became a request: broken HTTP, heads that are too large, heads that come too slowly. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ErrorCode } from '../src/errors.ts'
import { ERRORS, errorBody } from '../src/errors.ts'
import { corsHeaders } from './cors.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'AGW_HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'AGW_REQUEST_TIMEOUT',
}

/** What Node tells of a request it could not read. */
interface ClientError extends Error {
  readonly code?: string
  /** The bytes it stumbled over. */
  readonly rawPacket?: unknown
}

/** Node's `clientError`: one answer in AgentOS's shape, then the connection is closed. */
export function clientError(this: FastifyInstance, error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = CODES[error.code ?? ''] ?? 'AGW_BAD_REQUEST'
  socket.end(rawAnswer(code, corsHeaders(originIn(error), this.engine.current.config.cors)))
}

/** The origin, where the head came in one piece: heads of browsers do. */
function originIn({ rawPacket }: ClientError): string | undefined {
  if (!Buffer.isBuffer(rawPacket)) return undefined
  return /\r\norigin:[ \t]*([^\r\n]*?)[ \t]*\r\n/i.exec(rawPacket.toString('latin1'))?.[1]
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
