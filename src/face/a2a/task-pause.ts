/** Shows a paused run as a task that needs input, and reads the answers from data parts. */
import type { Message, Part } from '../../a2a/wire.ts'
import { isObject } from '../../json/is-object.ts'
import { badRequest } from '../json-body.ts'
import type { Pause } from '../pause.ts'
import type { Answer, PendingCall } from '../pending-call.ts'
import { answerSchema, answerTo } from '../pending-call.ts'

type Dict = Readonly<Record<string, unknown>>

/**
 * Parts of the status message: the questions as text, and a data part with the open calls and the JSON Schema of the
 * answer.
 */
export function pauseParts({ calls }: Pause): Part[] {
  const text = calls.map(({ message }) => message).join('\n')
  return [
    { kind: 'text', text: text || 'The run waits for an answer' },
    { kind: 'data', data: { requirements: calls.map(shown), responseSchema: schemaOf(calls) } },
  ]
}

function shown(call: PendingCall): Dict {
  const { id, kind, name, args, message, member, needsApproval } = call
  return {
    id,
    kind,
    name,
    args,
    message,
    ...(member !== undefined && { member }),
    ...(needsApproval && { needsApproval }),
    responseSchema: answerSchema(call),
  }
}

function schemaOf(calls: readonly PendingCall[]): Dict {
  const properties = Object.fromEntries(calls.map((call) => [call.id, answerSchema(call)]))
  const answers = { type: 'object', properties, required: calls.map(({ id }) => id) }
  return { type: 'object', properties: { answers }, required: ['answers'] }
}

/** A message as far as it can answer. */
export interface AnsweringMessage {
  readonly data: readonly Dict[]
  readonly text: string
}

/**
 * The answers in the data parts of a message, by the id of the call: `{"answers": {"call_1": {"accepted": true}}}`. The
 * answer to a single open call may stand alone; the result of an external execution is then the member `result`.
 * Google ADK sends the same JSON as text.
 *
 * @returns undefined for a message without such JSON, which is no answer: a plain "yes" never counts as consent
 * @throws {GatewayError} `AGW_BAD_REQUEST`
 */
export function answersIn(
  message: AnsweringMessage,
  { calls }: Pause,
): Map<string, Answer> | undefined {
  const data = message.data.length > 0 ? message.data : objectsIn(message.text)
  if (data.length === 0) return undefined
  const answers = new Map<string, Answer>()
  const [only, another] = calls
  for (const part of data) {
    const given = part['answers']
    if (isObject(given)) {
      for (const [id, answer] of Object.entries(given)) answers.set(id, read(calls, id, answer))
    } else if (only && another === undefined) {
      const isResult = only.kind === 'external_execution' && Object.hasOwn(part, 'result')
      answers.set(only.id, answerTo(only, isResult ? part['result'] : part))
    } else throw badRequest('A data part with the member `answers` has to answer every open call')
  }
  return answers
}

function objectsIn(text: string): readonly Dict[] {
  if (!text.trimStart().startsWith('{')) return []
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? [value] : []
  } catch {
    return []
  }
}

function read(calls: readonly PendingCall[], id: string, answer: unknown): Answer {
  const call = calls.find((each) => each.id === id)
  if (call === undefined) throw badRequest(`The run waits for no call '${id}'`)
  return answerTo(call, answer)
}

/** A message of the component about the state of its task. */
export function statusMessage(taskId: string, contextId: string, parts: Part[]): Message {
  return {
    kind: 'message',
    messageId: `${taskId}-status`,
    role: 'agent',
    taskId,
    contextId,
    parts,
  }
}
