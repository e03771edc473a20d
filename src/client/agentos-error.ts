/** Defines the error for an error response of an AgentOS. */
import type { ErrorDetail } from '../errors.ts'

/** Longest text of a response in an unknown form, in characters. */
const MAX_DETAIL_LENGTH = 500

/**
 * The upstream's own error response. A missing response is a {@link GatewayError} instead.
 *
 * Match by `name` or `status`, not by `instanceof`: several copies of the package can be loaded at once.
 */
export class AgentOSError extends Error {
  override readonly name = 'AgentOSError'
  /** HTTP status, such as 404. */
  readonly status: number
  /** AgentOS's `detail`: a sentence, or FastAPI's list on a 422. */
  readonly detail: ErrorDetail
  /** The `retry-after` header as received: seconds, or a date. */
  readonly retryAfter: string | undefined

  constructor(status: number, detail: ErrorDetail, retryAfter?: string) {
    const wording = typeof detail === 'string' ? detail : JSON.stringify(detail)
    super(`AgentOS answered ${status}: ${wording}`)
    this.status = status
    this.detail = detail
    this.retryAfter = retryAfter
  }

  /** Reads the body of an error response: `{"detail": …}`, or the first characters of any other text. */
  static fromAnswer(status: number, body: Buffer, retryAfter?: string): AgentOSError {
    return new AgentOSError(status, detailIn(body.toString('utf8')), retryAfter)
  }
}

function detailIn(text: string): ErrorDetail {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && 'detail' in parsed) {
      const { detail } = parsed
      if (typeof detail === 'string') return detail
      if (Array.isArray(detail)) return detail as Record<string, unknown>[]
      return JSON.stringify(detail)
    }
  } catch {
    // A proxy in between may answer with HTML or plain text.
  }
  return text.slice(0, MAX_DETAIL_LENGTH)
}
