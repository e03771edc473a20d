/** Reads the body of `POST /v1/chat/completions`. */
import { badRequest, flagAt, objectAt, objectsAt, stringAt } from '../json-body.ts'
import { textOf } from '../run-result.ts'
import { contentOf } from './message-content.ts'
import type { OutputTool } from './output-tool.ts'
import { functionsIn, outputToolIn } from './output-tool.ts'
import type { PauseStyle } from './pause-calls.ts'
import { CONFIRM_TOOL, INPUT_TOOL } from './pause-calls.ts'
import type { Turn } from './turns.ts'

type Dict = Readonly<Record<string, unknown>>

/** The chat completion that the caller requests. */
export interface ChatRequest {
  readonly model: string
  readonly turns: readonly Turn[]
  readonly isStream: boolean
  readonly includesUsage: boolean
  /** `metadata.session_id`. */
  readonly sessionId: string | undefined
  /** `user`, else `safety_identifier`. */
  readonly user: string | undefined
  /** Undefined: as text, unless a header states otherwise. */
  readonly pauseStyle: PauseStyle | undefined
  readonly outputSchema: Dict | undefined
  /** Tool whose call contains the answer. */
  readonly outputTool: OutputTool | undefined
  /** Names of members without an effect on the gateway. */
  readonly ignored: readonly string[]
}

/** Sampling parameters. The agent sets its own, so these are accepted and ignored. */
const IGNORED = [
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'logit_bias',
  'reasoning_effort',
  'parallel_tool_calls',
  'modalities',
]

/** @throws {GatewayError} `AGW_BAD_REQUEST` for an invalid request, or for a feature that an agent cannot provide */
export function chatRequest(body: Dict): ChatRequest {
  const model = modelIn(body)
  const messages = objectsAt(body, 'messages')
  if (messages === undefined || messages.length === 0) {
    throw badRequest("'messages' must be a list with at least one message")
  }
  if (body['n'] !== undefined && body['n'] !== null && body['n'] !== 1) {
    throw badRequest("'n' can only be 1")
  }
  if (body['logprobs'] === true) throw badRequest("'logprobs' is not supported")
  const metadata = objectAt(body, 'metadata') ?? {}
  const outputTool = outputToolIn(body)
  return {
    model,
    turns: messages.map(turnOf),
    isStream: flagAt(body, 'stream'),
    includesUsage: flagAt(objectAt(body, 'stream_options') ?? {}, 'include_usage'),
    sessionId: stringAt(metadata, 'session_id'),
    user: stringAt(body, 'user') ?? stringAt(body, 'safety_identifier'),
    pauseStyle: pauseStyleIn(body),
    outputSchema: outputTool?.parameters ?? schemaIn(objectAt(body, 'response_format')),
    outputTool,
    ignored: IGNORED.filter((name) => body[name] !== undefined && body[name] !== null),
  }
}

const FORMATS = new Set(['text', 'json_object', 'json_schema'])

/** @throws {GatewayError} `AGW_BAD_REQUEST` when the model is missing */
function modelIn(body: Dict): string {
  const model = stringAt(body, 'model')
  if (model === undefined || model === '') throw badRequest("'model' is missing")
  return model
}

/** Chat programs send their own tools unasked, so only the tools that answer pauses have an effect. */
export function pauseStyleIn(body: Dict): PauseStyle | undefined {
  const names = functionsIn(body).map(({ name }) => name)
  return names.includes(CONFIRM_TOOL) || names.includes(INPUT_TOOL) ? 'tools' : undefined
}

/** @param format `response_format`, or `text.format` of a response */
export function schemaIn(format: Dict | undefined): Dict | undefined {
  const type = format && stringAt(format, 'type')
  if (type !== undefined && !FORMATS.has(type)) {
    throw badRequest(`The format '${type}' is not supported: use text, json_object or json_schema`)
  }
  if (format === undefined || type !== 'json_schema') return undefined
  const named = objectAt(format, 'json_schema') ?? format
  const schema = objectAt(named, 'schema')
  if (schema === undefined) throw badRequest("'json_schema' needs a schema")
  const { name } = named
  return schema['title'] === undefined && typeof name === 'string'
    ? { title: name, ...schema }
    : schema
}

const ROLES = new Map<unknown, Turn['role']>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
])

function turnOf(message: Dict): Turn {
  const role = ROLES.get(message['role'])
  if (role === undefined) throw badRequest(`'role' cannot be '${textOf(message['role'])}'`)
  const content = contentOf(message['content'])
  if (role !== 'tool') return { role, content }
  return { role, content, callId: stringAt(message, 'tool_call_id') ?? '' }
}
