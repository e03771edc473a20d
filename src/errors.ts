/**
 * Defines the table of all errors of the gateway: the response, failover to the next replica, effect on the replica's
 * health, and `retry-after`. `docs/errors.md` lists the same rows; a test compares both.
 */
import { STATUS_CODES } from './node-http.ts'

/** One row of the table. */
export interface ErrorKind {
  /** Status of the response; 0 for a failure after its head. */
  readonly status: number
  /** Default `detail`. Never contains an address. */
  readonly detail: string
  /** The request may go to the next replica, while no replica can have processed it. */
  readonly failover: boolean
  /** The failure counts against the health of the replica. */
  readonly countsAgainstReplica: boolean
  /** `retry-after` of the answer in seconds (RFC 9110 §10.2.3); undefined for none. */
  readonly retryAfterS: number | undefined
}

const row = (
  status: number,
  detail: string,
  marks: { failover?: true; blame?: true; retryAfterS?: number } = {},
): ErrorKind => ({
  status,
  detail,
  failover: marks.failover ?? false,
  countsAgainstReplica: marks.blame ?? false,
  retryAfterS: marks.retryAfterS,
})

/** The table. Keys are the codes of the `x-agentos-gateway-error` header and of the log. */
export const ERRORS = {
  AGW_BAD_REQUEST: row(400, 'Bad request'),
  AGW_INVALID_PATH: row(400, 'Invalid path'),
  AGW_UPSTREAM_REQUIRED: row(
    400,
    'The db_id query parameter is required when using multiple databases',
  ),
  AGW_UNAUTHORIZED: row(401, 'Authorization header missing'),
  AGW_FORBIDDEN: row(403, 'Insufficient permissions'),
  AGW_NOT_FOUND: row(404, 'Not Found'),
  AGW_COMPONENT_NOT_FOUND: row(404, 'Component not found'),
  AGW_UPSTREAM_NOT_FOUND: row(404, 'Upstream not found'),
  AGW_METHOD_NOT_ALLOWED: row(405, 'Method Not Allowed'),
  AGW_REQUEST_TIMEOUT: row(408, 'The request did not arrive in time'),
  AGW_BODY_TOO_LARGE: row(413, 'Request body is too large'),
  AGW_URL_TOO_LONG: row(414, 'The path and query are too long'),
  AGW_A2A_FILE_UNSUPPORTED: row(
    415,
    'An AgentOS behind A2A accepts audio, videos and documents only by url',
  ),
  AGW_BODY_INVALID: row(422, 'Request body is not valid'),
  AGW_PARAMETER_AMBIGUOUS: row(422, 'A parameter is ambiguous'),
  AGW_RATE_LIMITED: row(429, 'Rate limit exceeded', { retryAfterS: 1 }),
  AGW_TOO_MANY_RUNS: row(429, 'Too many concurrent runs', { retryAfterS: 1 }),
  AGW_BUDGET_EXCEEDED: row(429, 'The budget is exceeded'),
  AGW_TOO_MANY_SOCKETS: row(429, 'Too many open WebSockets', { retryAfterS: 1 }),
  AGW_TOO_MANY_CONNECTIONS: row(429, 'Too many connections from one address', { retryAfterS: 1 }),
  AGW_HEADERS_TOO_LARGE: row(431, 'Request header fields are too large'),
  AGW_CLIENT_CLOSED: row(499, 'The client closed the connection'),
  AGW_RUN_NOT_PAUSED: row(409, 'The run does not wait for an answer'),
  AGW_SESSION_PAUSED: row(409, 'The session has a run that waits for an answer'),
  AGW_RUN_IN_PROGRESS: row(409, 'The run of this Idempotency-Key is still in progress'),
  AGW_CONFIG_REFUSED: row(409, 'Configuration refused: the previous one stays in force'),
  AGW_INTERNAL: row(500, 'Internal server error'),
  AGW_A2A_UNSUPPORTED: row(501, 'The A2A protocol has no operation for this request'),
  AGW_UPSTREAM_UNREACHABLE: row(502, 'is unreachable', { failover: true, blame: true }),
  AGW_UPSTREAM_RESET: row(502, 'closed the connection before it answered', { blame: true }),
  AGW_UPSTREAM_PROTOCOL: row(502, 'sent invalid HTTP', { blame: true }),
  AGW_NO_REPLICA: row(503, 'has no replica available', { retryAfterS: 1 }),
  AGW_KEYS_UNAVAILABLE: row(503, 'Tokens cannot be verified: the key set is unavailable', {
    retryAfterS: 5,
  }),
  AGW_OUT_OF_RESOURCES: row(503, 'The gateway has no file descriptors or ports left', {
    retryAfterS: 1,
  }),
  AGW_AUDIT_UNAVAILABLE: row(503, 'The request cannot be recorded in the audit log', {
    retryAfterS: 1,
  }),
  AGW_DRAINING: row(503, 'The gateway is shutting down', { retryAfterS: 1 }),
  AGW_CONNECT_TIMEOUT: row(504, 'did not accept a connection in time', {
    failover: true,
    blame: true,
  }),
  AGW_UPSTREAM_TIMEOUT: row(504, 'did not answer in time', { blame: true }),
  AGW_RUN_LIMIT: row(504, 'The run exceeded its limit and was stopped'),
  AGW_LOOP: row(508, 'The request came back to this gateway: one of its upstreams leads to it'),
  AGW_RELAY_INTERRUPTED: row(0, 'closed the connection during its answer', { blame: true }),
  AGW_RELAY_TIMEOUT: row(0, 'stopped sending during its answer', { blame: true }),
} as const satisfies Record<string, ErrorKind>

/** A code of the table. */
export type ErrorCode = keyof typeof ERRORS

/** `detail` of a response: a sentence, or FastAPI's list for 422. */
export type ErrorDetail = string | readonly Record<string, unknown>[]

/** Details of an error. */
export interface GatewayErrorOptions {
  /** Replaces the default `detail`. */
  readonly detail?: ErrorDetail
  /** Name (never the address) of the upstream; the default `detail` starts with it. */
  readonly upstream?: string
  /** Headers of the response, such as `allow`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Scopes that the caller lacks. */
  readonly missingScopes?: readonly string[]
  readonly cause?: unknown
}

/**
 * A failure with a row in {@link ERRORS}. Its message is for the log; {@link GatewayError.detail} is for the caller.
 *
 * Match by `code`, not by `instanceof`: several copies of the package can be loaded at once.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly detail: ErrorDetail
  readonly upstream: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Scopes that the caller lacks; undefined for any other failure. */
  readonly missingScopes: readonly string[] | undefined

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    const wording = ERRORS[code].detail
    const detail =
      options.detail ??
      (options.upstream === undefined ? wording : `Upstream '${options.upstream}' ${wording}`)
    super(typeof detail === 'string' ? detail : wording, { cause: options.cause })
    this.code = code
    this.detail = detail
    this.upstream = options.upstream
    this.headers = { ...retryAfterHeader(code), ...options.headers }
    this.missingScopes = options.missingScopes
  }

  /** Status of the response; 0 for a failure after its head. */
  get status(): number {
    return ERRORS[this.code].status
  }
}

/** The `retry-after` header of a code; no header for a row without one. */
export function retryAfterHeader(code: ErrorCode): Readonly<Record<string, string>> {
  const { retryAfterS } = ERRORS[code]
  return retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }
}

/** Body of an error response in AgentOS's form. */
export function errorBody(detail: ErrorDetail): string {
  return JSON.stringify({ detail })
}

/** An upstream answered with an error status. */
export class RefusedAnswer extends Error {
  override readonly name = 'RefusedAnswer'
  readonly status: number
  readonly body: Buffer

  constructor(upstream: string, status: number, body: Buffer) {
    super(`Upstream '${upstream}' answered ${status}`)
    this.status = status
    this.body = body
  }
}

/** Reason phrases by status (RFC 9110 §15). */
export const STATUS_TEXTS: Readonly<Record<number, string | undefined>> = STATUS_CODES
