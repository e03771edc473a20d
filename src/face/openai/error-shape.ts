/**
 * Writes errors in OpenAI's form.
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 */
import type { FaceAnswer, Refusal } from '../translator.ts'

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'invalid_request_error',
  415: 'invalid_request_error',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
}

/** Error codes of the gateway with an OpenAI equivalent. */
const CODES: ReadonlyMap<string, string> = new Map([
  ['AGW_COMPONENT_NOT_FOUND', 'model_not_found'],
  ['AGW_UNAUTHORIZED', 'invalid_api_key'],
  ['AGW_RATE_LIMITED', 'rate_limit_exceeded'],
  ['AGW_TOO_MANY_RUNS', 'rate_limit_exceeded'],
  ['AGW_BUDGET_EXCEEDED', 'insufficient_quota'],
])

/** The `error` member of answers and streams. */
export interface OpenAiError {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

/** @param status status of the answer; 500 in a stream */
export function openAiError(status: number, message: string, code?: string): OpenAiError {
  const ofStatus = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error')
  const own = (code && (CODES.get(code) ?? code)) ?? null
  // OpenAI repeats this code as the type, by which clients distinguish an empty budget from a rate limit.
  const type = own === 'insufficient_quota' ? own : ofStatus
  return { message, type, param: null, code: own }
}

/**
 * The official SDKs retry answers 408, 409, 429 and 5xx twice by themselves. A retry could start a second run, so a
 * header forbids it when the run may have begun.
 */
export function openAiRefusal({ status, message, code, isRetryable }: Refusal): FaceAnswer {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-should-retry': String(isRetryable),
      ...(code !== undefined && { 'x-agentos-gateway-error': code }),
    },
    body: JSON.stringify({ error: openAiError(status, message, code) }),
  }
}
