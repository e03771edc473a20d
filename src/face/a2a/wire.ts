/** Writes results and errors for one caller: in its version of A2A, and in its binding (JSON-RPC or REST). */
import type { Result, Task } from '../../a2a/wire.ts'
import type { FaceAnswer } from '../translator.ts'
import { EVENT_STREAM, frame } from '../translator.ts'
import type { A2aFailure } from './a2a-error.ts'
import { resultOf1, taskOf1 } from './version-1.ts'

/** The form of a caller's requests and answers. */
export interface Wire {
  readonly version: '0.3' | '1.0'
  readonly binding: 'jsonrpc' | 'rest'
  /** Id of the JSON-RPC request. */
  readonly id: string | number | null
  /** The caller posts JSON-RPC to REST paths, as an AgentOS has them. */
  readonly isAgentOs: boolean
  /** The caller of a streamed JSON-RPC method reads events, so errors are events too. Default false. */
  readonly readsEvents?: boolean
}

/** JSON-RPC of 1.0, for requests whose form is not known. */
export const UNKNOWN_WIRE: Wire = {
  version: '1.0',
  binding: 'jsonrpc',
  id: null,
  isAgentOs: false,
}

/** Names of events as AgentOS sends them. */
const EVENT_NAMES: Readonly<Record<Result['kind'], string>> = {
  task: 'Task',
  message: 'Message',
  'status-update': 'TaskStatusUpdateEvent',
  'artifact-update': 'TaskArtifactUpdateEvent',
}

/** One item of a stream. */
export function resultFrame(wire: Wire, result: Result): string {
  const data = JSON.stringify(enveloped(wire, resultIn(wire, result)))
  return frame(data, wire.isAgentOs ? EVENT_NAMES[result.kind] : undefined)
}

/** The answer to a message: in 1.0 with a member that says what it is. */
export function resultIn({ version }: Wire, result: Result): object {
  return version === '1.0' ? resultOf1(result) : result
}

/** The answer to a request for a task: the task itself in both versions. */
export function taskIn({ version }: Wire, task: Task): object {
  return version === '1.0' ? taskOf1(task) : task
}

export function answerText(wire: Wire, value: object | null): string {
  return JSON.stringify(enveloped(wire, value))
}

/** Content type of whole answers. */
export function contentTypeOf({ binding, version }: Wire): string {
  return binding === 'rest' && version === '1.0' ? 'application/a2a+json' : 'application/json'
}

function enveloped({ binding, id }: Wire, result: object | null): object | null {
  return binding === 'rest' ? result : { jsonrpc: '2.0', id, result }
}

/** Where errors of 1.0 belong, in the terms of google.rpc.ErrorInfo. */
const DOMAIN = 'a2a-protocol.org'

/** An error as a whole answer. */
export function failureAnswer(wire: Wire, failure: A2aFailure): FaceAnswer {
  const { httpStatus, isHttpError, gatewayCode } = failure
  const isRpc = wire.binding === 'jsonrpc' && !wire.isAgentOs
  const isResponse = isRpc && !isHttpError
  const isEvent = isResponse && wire.readsEvents === true
  const text = failureText(wire, failure)
  return {
    status: isResponse ? 200 : httpStatus,
    headers: {
      'content-type': isEvent ? EVENT_STREAM : contentTypeOf(wire),
      ...(httpStatus === 401 && { 'www-authenticate': 'Bearer' }),
      ...(gatewayCode !== undefined && { 'x-agentos-gateway-error': gatewayCode }),
    },
    body: isEvent ? frame(text) : text,
  }
}

function failureText({ binding, version, id, isAgentOs }: Wire, failure: A2aFailure): string {
  const { code, message, httpStatus, rpcStatus, reason } = failure
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: DOMAIN }
  const details = reason === undefined || version === '0.3' ? undefined : [info]
  if (binding === 'rest') {
    return version === '0.3'
      ? JSON.stringify({ code, message })
      : JSON.stringify({ error: { code: httpStatus, status: rpcStatus, message, details } })
  }
  // Agno's clients read AgentOS's own member.
  const detail = isAgentOs ? message : undefined
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data: details }, detail })
}
