/** Reads the body of `POST /v1/responses`. */
import { GatewayError } from '../../errors.ts'
import { isObject } from '../../json/is-object.ts'
import { qualifiedName } from '../component-filter.ts'
import { badRequest, flagAt, objectAt, objectsAt, stringAt } from '../json-body.ts'
import { textOf } from '../run-result.ts'
import { pauseStyleIn, schemaIn } from './chat-request.ts'
import { sessionOfItem } from './item-id.ts'
import { contentOf } from './message-content.ts'
import type { OutputTool } from './output-tool.ts'
import { outputToolIn } from './output-tool.ts'
import type { PauseStyle } from './pause-calls.ts'
import type { ResponseReference } from './response-id.ts'
import { responseReference } from './response-id.ts'
import type { Turn } from './turns.ts'

type Dict = Readonly<Record<string, unknown>>

/** The response that the caller requests. */
export interface ResponseRequest {
  readonly model: string
  readonly turns: readonly Turn[]
  readonly isStream: boolean
  readonly isBackground: boolean
  /** Session of the previous response, `conversation`, or the session of the last item that the input refers to. */
  readonly sessionId: string | undefined
  readonly previousId: string | undefined
  readonly user: string | undefined
  readonly outputSchema: Dict | undefined
  /** Tool whose call contains the answer. */
  readonly outputTool: OutputTool | undefined
  /** Undefined: confirmations are approval requests, unless a header states otherwise. */
  readonly pauseStyle: PauseStyle | undefined
  readonly metadata: Dict
}

/** @throws {GatewayError} `AGW_BAD_REQUEST`, `AGW_NOT_FOUND` */
export function responseRequest(body: Dict): ResponseRequest {
  const previousId = stringAt(body, 'previous_response_id')
  const previous = previousId === undefined ? undefined : responseReference(previousId)
  const model = stringAt(body, 'model') ?? modelOf(previous)
  if (model === undefined || model === '') throw badRequest("'model' is missing")
  const outputTool = outputToolIn(body)
  const instructions = stringAt(body, 'instructions')
  const system: Turn[] =
    instructions === undefined ? [] : [{ role: 'system', content: contentOf(instructions) }]
  const metadata = objectAt(body, 'metadata') ?? {}
  const text = objectAt(body, 'text') ?? {}
  return {
    model,
    turns: [...system, ...turnsOf(body)],
    isStream: flagAt(body, 'stream'),
    isBackground: flagAt(body, 'background'),
    sessionId: previous?.sessionId ?? sessionIn(body, metadata),
    previousId,
    user: stringAt(body, 'user') ?? stringAt(body, 'safety_identifier'),
    outputSchema: outputTool?.parameters ?? schemaIn(objectAt(text, 'format')),
    outputTool,
    pauseStyle: pauseStyleIn(body),
    metadata,
  }
}

function modelOf(previous: ResponseReference | undefined): string | undefined {
  return previous && qualifiedName(previous.kind, previous.id)
}

function sessionIn(body: Dict, metadata: Dict): string | undefined {
  return conversationIn(body) ?? stringAt(metadata, 'session_id') ?? referredSession(body)
}

/** Clients that rely on stored responses send the ids of earlier items in place of the items. */
function referredSession({ input }: Dict): string | undefined {
  const items = Array.isArray(input) ? input.filter(isObject) : []
  const last = items.findLast(({ type }) => type === 'item_reference')
  return last && sessionOfItem(textOf(last['id']))
}

function conversationIn(body: Dict): string | undefined {
  const { conversation } = body
  return isObject(conversation) ? stringAt(conversation, 'id') : stringAt(body, 'conversation')
}

function turnsOf(body: Dict): Turn[] {
  const { input } = body
  if (typeof input === 'string') return [{ role: 'user', content: contentOf(input) }]
  const items = objectsAt(body, 'input')
  if (items === undefined || items.length === 0) throw badRequest("'input' is missing")
  return items.map(turnOf)
}

const ROLES = new Map<unknown, Turn['role']>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
])

/** Output items of a response count as assistant messages; answers to a pause count as tool messages. */
function turnOf(item: Dict): Turn {
  const { type = 'message' } = item
  switch (type) {
    case 'message': {
      const role = ROLES.get(item['role'])
      if (role === undefined) throw badRequest(`'role' cannot be '${textOf(item['role'])}'`)
      return { role, content: contentOf(item['content']) }
    }
    case 'function_call_output':
      return toolTurn(stringAt(item, 'call_id'), outputText(item['output']))
    case 'mcp_approval_response': {
      const note = stringAt(item, 'reason')
      const accepted = item['approve'] === true
      const answer = JSON.stringify({ accepted, ...(note !== undefined && { note }) })
      return toolTurn(stringAt(item, 'approval_request_id'), answer)
    }
    case 'function_call':
    case 'mcp_approval_request':
    case 'mcp_call':
    case 'mcp_list_tools':
    case 'reasoning':
      return { role: 'assistant', content: contentOf('') }
    case 'item_reference':
      if (sessionOfItem(textOf(item['id'])) === undefined) {
        throw new GatewayError('AGW_NOT_FOUND', { detail: 'No item has this id' })
      }
      return { role: 'assistant', content: contentOf('') }
    default:
      throw badRequest(`items of type '${textOf(type)}' are not supported`)
  }
}

function outputText(output: unknown): string {
  return Array.isArray(output) ? contentOf(output).text : textOf(output)
}

function toolTurn(callId: string | undefined, text: string): Turn {
  if (callId === undefined) throw badRequest('An answer must name its call')
  return { role: 'tool', content: contentOf(text), callId }
}
