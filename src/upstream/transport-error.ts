/** Maps errors of undici and the operating system to codes of the error table. */

import type { ErrorCode } from '../errors.ts'
import { ERRORS, GatewayError } from '../errors.ts'

/** Phase of a request at the time of its failure. */
export type Stage = 'connecting' | 'sent' | 'answering'

const PROTOCOL_CODES = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_INVALID_RETURN_VALUE',
])
/** Mistakes of the gateway, or a request that cannot be sent. */
const REQUEST_CODES = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])
/** The process has run out of a resource, so the error says nothing about the upstream. */
const RESOURCE_CODES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])

/** The process has no file descriptor, port or memory left for a connection. */
export function isOutOfResources(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && RESOURCE_CODES.has(String(cause.code))
}

/**
 * The error for a transport failure. Compares codes, as undici recommends.
 *
 * @param upstream name in the error message
 */
export function transportError(cause: Error, stage: Stage, upstream: string): GatewayError {
  if (stage === 'connecting' && isOutOfResources(cause)) {
    return new GatewayError('AGW_OUT_OF_RESOURCES', { cause })
  }
  return new GatewayError(codeOf(cause, stage), { upstream, cause })
}

/**
 * Reason for the operator: the code of the table, and the network's code in brackets, as in `AGW_UPSTREAM_UNREACHABLE
 * (ECONNREFUSED)`. Messages are left out, because they can hold an address.
 */
export function errorReason(error: GatewayError): string {
  const { cause } = error
  const isNamed = cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
  return isNamed && cause.code !== error.code ? `${error.code} (${cause.code})` : error.code
}

/** Counts a failure against the replica, unless the replica did not cause it. */
export function reportFailure(replica: FailingReplica | undefined, error: GatewayError): void {
  const { countsAgainstReplica, failover: isUnconnected } = ERRORS[error.code]
  if (!countsAgainstReplica) return
  if (isUnconnected) replica?.unreachable(errorReason(error))
  else replica?.failed(errorReason(error))
}

/** The part of a replica that counts failures. */
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
