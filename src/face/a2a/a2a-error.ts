/**
 * Defines the errors of the A2A protocol: their codes in JSON-RPC, and their status in REST.
 *
 * @see https://a2a-protocol.org/latest/specification/ §5.4 "Error code mappings"
 */
import type { Refusal } from '../translator.ts'

/** One kind of error. `httpStatus` and `rpcStatus` are those of the REST binding. */
interface ErrorKind {
  readonly code: number
  readonly httpStatus: number
  /** Name of the gRPC status. */
  readonly rpcStatus: string
  /** `reason` of the error's `ErrorInfo` in A2A 1.0; undefined for errors of JSON-RPC itself. */
  readonly reason?: string
  readonly message: string
}

const KINDS = {
  parse: kind(-32700, 400, 'INVALID_ARGUMENT', undefined, 'The body is no JSON'),
  request: kind(-32600, 400, 'INVALID_ARGUMENT', undefined, 'Invalid JSON-RPC request'),
  method: kind(-32601, 404, 'UNIMPLEMENTED', undefined, 'Method not found'),
  params: kind(-32602, 400, 'INVALID_ARGUMENT', 'INVALID_PARAMS', 'Invalid parameters'),
  internal: kind(-32603, 500, 'INTERNAL', undefined, 'Internal error'),
  taskNotFound: kind(-32001, 404, 'NOT_FOUND', 'TASK_NOT_FOUND', 'Task not found'),
  notCancelable: kind(
    -32002,
    409,
    'FAILED_PRECONDITION',
    'TASK_NOT_CANCELABLE',
    'Task cannot be canceled',
  ),
  push: kind(
    -32003,
    400,
    'UNIMPLEMENTED',
    'PUSH_NOTIFICATION_NOT_SUPPORTED',
    'Push notifications are not supported',
  ),
  unsupported: kind(
    -32004,
    400,
    'UNIMPLEMENTED',
    'UNSUPPORTED_OPERATION',
    'This operation is not supported',
  ),
  contentType: kind(
    -32005,
    415,
    'INVALID_ARGUMENT',
    'CONTENT_TYPE_NOT_SUPPORTED',
    'Content type not supported',
  ),
  extendedCard: kind(
    -32007,
    400,
    'FAILED_PRECONDITION',
    'EXTENDED_AGENT_CARD_NOT_CONFIGURED',
    'There is no extended agent card',
  ),
  version: kind(-32009, 400, 'UNIMPLEMENTED', 'VERSION_NOT_SUPPORTED', 'A2A version not supported'),
} as const

export type A2aErrorKind = keyof typeof KINDS

function kind(
  code: number,
  httpStatus: number,
  rpcStatus: string,
  reason: string | undefined,
  message: string,
): ErrorKind {
  return { code, httpStatus, rpcStatus, message, ...(reason !== undefined && { reason }) }
}

/** A request that the A2A protocol has an error of its own for. */
export class A2aError extends Error {
  override readonly name = 'A2aError'
  readonly kind: A2aErrorKind

  /** @param message default: the sentence of the kind */
  constructor(errorKind: A2aErrorKind, message: string = KINDS[errorKind].message) {
    super(message)
    this.kind = errorKind
  }
}

/** Description of one failure, before it is written for a binding. */
export interface A2aFailure extends ErrorKind {
  /** `AGW_…`; undefined for errors of the protocol or of an AgentOS. */
  readonly gatewayCode: string | undefined
  /** A JSON-RPC answer has this status too: clients and proxies handle it without reading the body. */
  readonly isHttpError: boolean
}

export function failureOfError({ kind: errorKind, message }: A2aError): A2aFailure {
  return { ...KINDS[errorKind], message, gatewayCode: undefined, isHttpError: false }
}

/** The failure for a refusal of the gateway or of an AgentOS. */
export function failureOfRefusal({ status, code, message }: Refusal): A2aFailure {
  const isHttpError = status === 401 || status === 403 || status === 429 || status >= 500
  const named = KINDS[kindOf(status, code)]
  const isNoPath = code === 'AGW_COMPONENT_NOT_FOUND' || code === 'AGW_NOT_FOUND'
  const httpStatus = isHttpError || isNoPath || status === 409 ? status : named.httpStatus
  return {
    ...named,
    rpcStatus: STATUS_NAMES.get(httpStatus) ?? named.rpcStatus,
    message,
    httpStatus,
    gatewayCode: code,
    isHttpError: isHttpError || isNoPath,
  }
}

const STATUS_NAMES: ReadonlyMap<number, string> = new Map([
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
])

/** Refusals about the state of a run, by the gateway's code. */
const BY_CODE: ReadonlyMap<string, A2aErrorKind> = new Map([
  ['AGW_RUN_NOT_PAUSED', 'unsupported'],
  ['AGW_SESSION_PAUSED', 'unsupported'],
  ['AGW_COMPONENT_NOT_FOUND', 'params'],
  ['AGW_NOT_FOUND', 'method'],
  ['AGW_A2A_UNSUPPORTED', 'unsupported'],
])

function kindOf(status: number, code: string | undefined): A2aErrorKind {
  const known = code === undefined ? undefined : BY_CODE.get(code)
  if (known) return known
  if (status === 404) return 'taskNotFound'
  if (status === 415) return 'contentType'
  if (status === 401 || status === 403) return 'request'
  return status < 500 && status !== 429 ? 'params' : 'internal'
}
