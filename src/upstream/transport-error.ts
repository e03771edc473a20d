/** Translates what undici and the operating system report into rows of the error table. */

import type { ErrorCode } from '../errors.ts'
import { ERRORS, GatewayError } from '../errors.ts'

/** Where in its life a request was when it failed. */
export type Stage = 'connecting' | 'sent' | 'answering'

const PROTOCOL_CODES = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_INVALID_RETURN_VALUE',
])
/** Our own mistakes, or a request that no upstream can be sent. */
const REQUEST_CODES = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])
/** The operating system has nothing left for this process; nothing is known of the upstream then. */
const RESOURCE_CODES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])

/** The failure is this process's own: no file descriptor, port or memory was left for a connection. */
export function isOutOfResources(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && RESOURCE_CODES.has(String(cause.code))
}

/**
 * The row for a transport failure. Matches by `code`, as undici asks for.
 *
 * @param upstream name of the upstream, for the wording
 */
export function transportError(cause: Error, stage: Stage, upstream: string): GatewayError {
  if (stage === 'connecting' && isOutOfResources(cause)) {
    return new GatewayError('AGW_OUT_OF_RESOURCES', { cause })
  }
  return new GatewayError(codeOf(cause, stage), { upstream, cause })
}

/**
 * Why something failed, for whoever runs the gateway: the row, and the network's own word where there is one, such as
 * `AGW_UPSTREAM_UNREACHABLE (ECONNREFUSED)`. Codes only: a message could hold an address.
 */
export function errorReason(error: GatewayError): string {
  const { cause } = error
  const isNamed = cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
  return isNamed && cause.code !== error.code ? `${error.code} (${cause.code})` : error.code
}

/** Counts a failure against the replica, where it is the replica's. */
export function reportFailure(replica: FailingReplica | undefined, error: GatewayError): void {
  const { countsAgainstReplica, failover: isUnconnected } = ERRORS[error.code]
  if (!countsAgainstReplica) return
  if (isUnconnected) replica?.unreachable(errorReason(error))
  else replica?.failed(errorReason(error))
}

/** The part of a replica that failures are reported to. */
interface FailingReplica {
  failed(reason: string): void
  unreachable(reason: string): void
}

function codeOf(cause: Error, stage: Stage): ErrorCode {
  if (stage === 'answering') return 'AGW_RELAY_INTERRUPTED'
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'AGW_CONNECT_TIMEOUT'
  if (REQUEST_CODES.has(code)) return 'AGW_BAD_REQUEST'
  if (cause.name === 'HTTPParserError' || code.startsWith('HPE_') || PROTOCOL_CODES.has(code)) {
    return 'AGW_UPSTREAM_PROTOCOL'
  }
  return stage === 'connecting' ? 'AGW_UPSTREAM_UNREACHABLE' : 'AGW_UPSTREAM_RESET'
}
