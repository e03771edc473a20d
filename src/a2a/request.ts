/** Converts an AgentOS request below a component to an A2A call. */
import { randomUUID } from 'node:crypto'
import type { A2aBinding } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import { parseJson } from '../json/parse.ts'
import { stringifyJson } from '../json/stringify.ts'
import { decodedPairs } from '../parameters/urlencoded.ts'
import type { UpstreamRequest } from '../upstream/exchange.ts'
import { partForAgno } from './agno-files.ts'
import { attachments } from './attachments.ts'
import type { NamedIds } from './output.ts'
import type { FilePart, TextPart } from './wire.ts'

/** Form of the expected answer. `card`: the server's agent card. */
export type AnswerForm = 'card' | 'output' | 'accepted' | 'events' | 'nothing'

/** One call and the form of its answer. */
export interface A2aCall {
  readonly method: 'GET' | 'POST'
  /** Path after the server's address; empty for the address itself. */
  readonly path: string
  readonly body: Buffer | null
  readonly answerForm: AnswerForm
  readonly namedIds: NamedIds
}

/** Path of the agent card, below the server's address. @see A2A 0.3 §5.3 */
export const AGENT_CARD_PATH = '/.well-known/agent-card.json'

const REST_PATHS = {
  'message/send': '/v1/message:send',
  'message/stream': '/v1/message:stream',
  'tasks/get': '/v1/tasks:get',
  'tasks/cancel': '/v1/tasks:cancel',
  'tasks/resubscribe': undefined,
} as const

type Method = keyof typeof REST_PATHS

const RUN_PATH = /^\/runs(?:\/([^/]+)(?:\/(continue|cancel|resume))?)?$/

/**
 * Builds the call for a request below `/{kind}/{id}`.
 *
 * @throws {GatewayError} `AGW_A2A_UNSUPPORTED` for a request without an A2A operation; `AGW_BODY_INVALID` for a form
 *   that is unreadable or has no message; `AGW_A2A_FILE_UNSUPPORTED` for a file that an AgentOS behind A2A does not
 *   accept
 */
export async function callFor(request: UpstreamRequest, binding: A2aBinding): Promise<A2aCall> {
  const { pathname, searchParams } = new URL(request.path, 'http://component')
  if (request.method === 'GET' && request.path.split('?', 1)[0] === '') {
    return { method: 'GET', path: AGENT_CARD_PATH, body: null, answerForm: 'card', namedIds: {} }
  }
  const [isRun, encodedId, verb] = RUN_PATH.exec(pathname) ?? []
  const taskId = encodedId === undefined ? undefined : decodeURIComponent(encodedId)
  const namedIds = { taskId, sessionId: searchParams.get('session_id') ?? undefined }
  const name = isRun === undefined ? '' : `${request.method} ${verb ?? (taskId ? 'run' : 'runs')}`
  if (name === 'GET run') return taskCall('tasks/get', 'output', namedIds, binding)
  if (name === 'POST cancel') return taskCall('tasks/cancel', 'nothing', namedIds, binding)
  if (name === 'POST runs' || name === 'POST continue') {
    return messageCall(await formOf(request), namedIds, binding)
  }
  if (name === 'POST resume' && binding === 'json-rpc') {
    const form = await formOf(request)
    return taskCall(
      'tasks/resubscribe',
      'events',
      { ...namedIds, ...sessionIn(form, namedIds) },
      binding,
    )
  }
  throw new GatewayError('AGW_A2A_UNSUPPORTED')
}

function taskCall(
  method: Method,
  answerForm: AnswerForm,
  namedIds: NamedIds,
  binding: A2aBinding,
): Promise<A2aCall> {
  const { taskId: id, sessionId } = namedIds
  // An AgentOS needs the session id to find a task.
  const contextId = binding === 'rest' && sessionId !== undefined ? { contextId: sessionId } : {}
  return rpcCall(method, { id, ...contextId }, answerForm, namedIds, binding)
}

/** Builds the call that starts a run; with a task id it answers a paused run. */
async function messageCall(
  form: FormData,
  namedIds: NamedIds,
  binding: A2aBinding,
): Promise<A2aCall> {
  const message = textField(form, 'message')
  if (message === undefined && namedIds.taskId !== undefined) {
    const detail = 'An A2A agent continues a run only with a message'
    throw new GatewayError('AGW_A2A_UNSUPPORTED', { detail })
  }
  if (message === undefined) throw missingMessage()
  const isStream = isTrue(textField(form, 'stream') ?? 'true')
  const isBackground = isTrue(textField(form, 'background') ?? 'false') && !isStream
  const userId = textField(form, 'user_id')
  const sessionId = sessionIn(form, namedIds).sessionId
  const metadata = { ...(userId !== undefined && { userId }), ...(await metadataIn(form)) }
  const parts: (TextPart | FilePart)[] = [{ kind: 'text', text: message }]
  const files = await attachments(form)
  // Only Agno's servers use the binding `rest`.
  parts.push(...(binding === 'rest' ? files.map(partForAgno) : files))
  const params = {
    message: {
      kind: 'message',
      messageId: randomUUID(),
      role: 'user',
      parts,
      ...(sessionId !== undefined && { contextId: sessionId }),
      ...(namedIds.taskId !== undefined && { taskId: namedIds.taskId }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    },
    ...(isBackground && { configuration: { blocking: false } }),
  }
  const answered = { taskId: namedIds.taskId, sessionId, userId }
  const answerForm = isStream ? 'events' : isBackground ? 'accepted' : 'output'
  return rpcCall(
    isStream ? 'message/stream' : 'message/send',
    params,
    answerForm,
    answered,
    binding,
  )
}

/** Builds a JSON-RPC call. Agno's `rest` binding sends the same request to a separate path. */
async function rpcCall(
  method: Method,
  params: object,
  answerForm: AnswerForm,
  namedIds: NamedIds,
  binding: A2aBinding,
): Promise<A2aCall> {
  const path = binding === 'rest' ? REST_PATHS[method] : ''
  if (path === undefined) throw new GatewayError('AGW_A2A_UNSUPPORTED')
  const rpc = { jsonrpc: '2.0', id: randomUUID(), method, params }
  const body = Buffer.from(await stringifyJson(rpc))
  return { method: 'POST', path, body, answerForm, namedIds }
}

async function formOf({ headers, body }: UpstreamRequest): Promise<FormData> {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'content-type')
  const type = headers[at + 1]
  if (!Buffer.isBuffer(body) || at === -1 || type === undefined) return new FormData()
  if (type === FORM) return formFrom(await decodedPairs(body))
  try {
    return await new Response(new Uint8Array(body), {
      headers: { 'content-type': type },
    }).formData()
  } catch (cause) {
    throw new GatewayError('AGW_BODY_INVALID', { cause })
  }
}

const FORM = 'application/x-www-form-urlencoded'

function formFrom(pairs: readonly (readonly [name: string, value: string])[]): FormData {
  const form = new FormData()
  for (const [name, value] of pairs) form.append(name, value)
  return form
}

function textField(form: FormData, name: string): string | undefined {
  const value = form.get(name)
  return typeof value === 'string' ? value : undefined
}

function sessionIn(form: FormData, { sessionId }: NamedIds): { sessionId: string | undefined } {
  return { sessionId: textField(form, 'session_id') || sessionId }
}

/** Parses a boolean of a form as FastAPI does. */
function isTrue(text: string): boolean {
  return ['true', '1', 'on', 'yes', 't', 'y'].includes(text.toLowerCase())
}

/** Parses the metadata. Like AgentOS, it ignores metadata that is not a JSON object. */
async function metadataIn(form: FormData): Promise<Record<string, unknown>> {
  try {
    const parsed = await parseJson(Buffer.from(textField(form, 'metadata') ?? '{}'))
    return isObject(parsed) ? parsed : {}
  } catch {
    return {}
  }
}

/** The error text is AgentOS's. */
function missingMessage(): GatewayError {
  const missing = { type: 'missing', loc: ['body', 'message'], msg: 'Field required', input: null }
  return new GatewayError('AGW_BODY_INVALID', { detail: [missing] })
}
