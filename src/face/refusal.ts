/** Converts any failure into a {@link Refusal}, which each face writes in its own form. */
import { AgentOSError } from '../client/agentos-error.ts'
import type { ErrorCode, ErrorDetail } from '../errors.ts'
import { ERRORS, GatewayError } from '../errors.ts'
import type { Refusal } from './translator.ts'

/** Errors of the gateway before any byte reached an AgentOS. */
const NOT_BEGUN = new Set<ErrorCode>([
  'AGW_RATE_LIMITED',
  'AGW_TOO_MANY_RUNS',
  'AGW_NO_REPLICA',
  'AGW_DRAINING',
  'AGW_KEYS_UNAVAILABLE',
  'AGW_OUT_OF_RESOURCES',
])

/** @param thrown a {@link GatewayError}, an {@link AgentOSError}, or anything unexpected */
export function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof GatewayError) {
    const { code, status } = thrown
    const isRetryable = ERRORS[code].failover || NOT_BEGUN.has(code)
    // An interrupted answer has no status of its own.
    const { headers } = thrown
    return { status: status || 502, message: wording(thrown.detail), code, isRetryable, headers }
  }
  if (thrown instanceof AgentOSError) {
    const { status, detail, retryAfter } = thrown
    const isRetryable = status === 429 || status === 503
    const headers: Record<string, string> =
      retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    return { status, message: wording(detail), code: undefined, isRetryable, headers }
  }
  const message = 'Internal Server Error'
  return { status: 500, message, code: 'AGW_INTERNAL', isRetryable: false, headers: {} }
}

/** One sentence: for FastAPI's error list, the location and then the message. */
export function wording(detail: ErrorDetail): string {
  if (typeof detail === 'string') return detail
  return detail
    .map(({ loc, msg }) =>
      [Array.isArray(loc) ? loc.join('.') : '', msg].filter(Boolean).join(': '),
    )
    .join('; ')
}
