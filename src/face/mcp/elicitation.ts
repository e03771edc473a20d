/** Asks the user of an MCP client for the answers of a paused run by forms, and reads what the user filled in. */
import { isObject } from '../../json/is-object.ts'
import type { Pause } from '../pause.ts'
import type { Answer, InputField, PendingCall, Question } from '../pending-call.ts'
import { answerTo } from '../pending-call.ts'
import type { JsonSchema } from './tool.ts'

/** One `elicitation/create` in form mode. */
export interface Elicitation {
  readonly message: string
  readonly requestedSchema: JsonSchema & {
    readonly type: 'object'
    readonly properties: Readonly<Record<string, JsonSchema>>
  }
}

/**
 * The forms of a paused run by the id of their calls.
 *
 * @returns undefined when a form cannot answer all calls: the client has to run a tool, or an administrator has to approve
 */
export function elicitationsOf({ calls }: Pause): ReadonlyMap<string, Elicitation> | undefined {
  const isAnswerable = ({ kind, needsApproval }: PendingCall) =>
    kind !== 'external_execution' && !needsApproval
  if (calls.length === 0 || !calls.every(isAnswerable)) return undefined
  return new Map(calls.map((call) => [call.id, elicitation(call)]))
}

function elicitation(call: PendingCall): Elicitation {
  const { kind, member, args, message } = call
  const who = member === undefined ? '' : `${member}: `
  const shown = Object.keys(args).length > 0 ? `\n${JSON.stringify(args)}` : ''
  const [properties, required] = kind === 'confirmation' ? CONFIRMATION : asked(call)
  return {
    message: who + message + shown,
    requestedSchema: { type: 'object', properties, required },
  }
}

type Form = readonly [properties: Record<string, JsonSchema>, required: string[]]

const CONFIRMATION: Form = [
  {
    accepted: { type: 'boolean', title: 'Allow', description: 'Whether it may run' },
    note: { type: 'string', title: 'Note', description: 'Reason of a refusal' },
  },
  ['accepted'],
]

function asked({ kind, fields, questions }: PendingCall): Form {
  if (kind === 'user_input') {
    const isMissing = ({ isRequired, value }: InputField) => isRequired && value === undefined
    return [
      Object.fromEntries(fields.map((field) => [field.name, fieldForm(field)])),
      fields.filter(isMissing).map(({ name }) => name),
    ]
  }
  const named = questions.map((question, index) => [nameOf(index), questionForm(question)])
  return [
    Object.fromEntries(named) as Record<string, JsonSchema>,
    questions.map((_, i) => nameOf(i)),
  ]
}

const nameOf = (index: number) => `question_${index + 1}`

/** Forms hold only plain values: anything else is entered as JSON text. */
const PLAIN_TYPES: ReadonlyMap<string, string> = new Map([
  ['str', 'string'],
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
])

function fieldForm({ name, type, description, value, allowed }: InputField): JsonSchema {
  const plain = allowed ? 'string' : (PLAIN_TYPES.get(type) ?? 'string')
  const isJson = !allowed && !PLAIN_TYPES.has(type)
  const hint = isJson ? `${description ?? name} (JSON)` : description
  return {
    type: plain,
    title: name,
    ...(hint !== undefined && { description: hint }),
    ...(allowed && { enum: allowed.map(asText) }),
    ...(value !== undefined && { default: allowed || isJson ? asText(value) : value }),
  }
}

function questionForm({ question, options, multiple }: Question): JsonSchema {
  const labels = options.map(({ label }) => label)
  const described = options.filter(({ description }) => description !== undefined)
  const description = described.map((option) => `${option.label}: ${option.description}`).join('\n')
  const choice = { type: 'string', ...(labels.length > 0 && { enum: labels }) }
  const shown = { title: question, ...(description !== '' && { description }) }
  return multiple
    ? { type: 'array', ...shown, items: choice, minItems: 1 }
    : { ...choice, ...shown }
}

/**
 * The answers in the responses of the client.
 *
 * @param responses results of `elicitation/create` by the id of the call; from the client, so anything
 * @returns undefined when the user left a form without an answer: the run still waits
 * @throws {GatewayError} `AGW_BAD_REQUEST` for content of the wrong form
 */
export function elicitedAnswers(
  { calls }: Pause,
  responses: Readonly<Record<string, unknown>>,
): Map<string, Answer> | undefined {
  const answers = new Map<string, Answer>()
  for (const call of calls) {
    const answer = elicitedAnswer(call, Object.hasOwn(responses, call.id) && responses[call.id])
    if (answer === undefined) return undefined
    answers.set(call.id, answer)
  }
  return answers
}

function elicitedAnswer(call: PendingCall, response: unknown): Answer | undefined {
  if (!isObject(response)) return undefined
  const { action, content } = response
  // Declining the question declines the tool; other questions have no such answer.
  if (action === 'decline' && call.kind === 'confirmation')
    return answerTo(call, { accepted: false })
  if (action !== 'accept') return undefined
  const given = isObject(content) ? content : {}
  if (call.kind === 'confirmation') return answerTo(call, given)
  if (call.kind === 'user_input') {
    const values = call.fields.flatMap((field) => {
      const value = Object.hasOwn(given, field.name)
        ? enteredValue(field, given[field.name])
        : undefined
      return value === undefined ? [] : [[field.name, value]]
    })
    return answerTo(call, { values: Object.fromEntries(values) })
  }
  const chosen = call.questions.map(({ question }, index) => [question, given[nameOf(index)]])
  return answerTo(call, { selections: Object.fromEntries(chosen) })
}

/** The value of a field from the form, where other than plain values are text. */
function enteredValue({ type, allowed }: InputField, given: unknown): unknown {
  if (allowed) return allowed.find((value) => asText(value) === given) ?? given
  if (PLAIN_TYPES.has(type) || typeof given !== 'string') return given
  try {
    return JSON.parse(given)
  } catch {
    return given
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
