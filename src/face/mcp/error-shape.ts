/** Writes refusals of whole requests as JSON-RPC errors. A refused tool call is the answer of the tool instead. */
import { NO_JSON } from '../json-body.ts'
import type { FaceAnswer, Refusal } from '../translator.ts'

const INVALID_REQUEST = -32_600
const PARSE_ERROR = -32_700
const INTERNAL_ERROR = -32_603
/** Errors of the transport, as the official SDK numbers them. */
const SERVER_ERROR = -32_000
const NOT_FOUND = -32_001

/** Id of the JSON-RPC request; null when it is not known. */
export type JsonRpcId = string | number | null

/** @see https://www.jsonrpc.org/specification#error_object */
export function mcpRefusal({ status, message, code }: Refusal, id: JsonRpcId = null): FaceAnswer {
  const error = { code: codeFor(status, message), message }
  return {
    status,
    headers: {
      'content-type': 'application/json',
      ...(code !== undefined && { 'x-agentos-gateway-error': code }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', error, id }),
  }
}

function codeFor(status: number, message: string): number {
  if (status === 400) return message === NO_JSON ? PARSE_ERROR : INVALID_REQUEST
  if (status === 404) return NOT_FOUND
  return status === 500 ? INTERNAL_ERROR : SERVER_ERROR
}
