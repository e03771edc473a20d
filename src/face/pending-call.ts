/** Defines the open calls of a paused run, parses their answers and describes them as JSON Schema. */
import { GatewayError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'

/** A value that a user fills in. */
export interface InputField {
  readonly name: string
  /** The Python type: `str`, `int`, `float`, `bool`, `list` or `dict`. */
  readonly type: string
  readonly description: string | undefined
  /** The value that the model has filled in. */
  readonly value: unknown
  readonly allowed: readonly unknown[] | undefined
  readonly isRequired: boolean
}

/** A question with options. */
export interface Question {
  readonly question: string
  readonly options: readonly { readonly label: string; readonly description: string | undefined }[]
  /** More than one option may be chosen. */
  readonly multiple: boolean
}

/** A waiting tool call or workflow step. */
export interface PendingCall {
  /** Id of the tool call, or of the step. Unique in its pause. */
  readonly id: string
  readonly kind: 'confirmation' | 'user_input' | 'user_feedback' | 'external_execution'
  /** Name of the tool or of the step. */
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  /** The prompt for the user. */
  readonly message: string
  /** Fields of a `user_input` call. */
  readonly fields: readonly InputField[]
  /** Questions of a `user_feedback` call. */
  readonly questions: readonly Question[]
  /** Only an administrator may answer, through AgentOS's approvals. */
  readonly needsApproval: boolean
  /** Name of the waiting team member. */
  readonly member: string | undefined
}

/** An answer, by the kind of its call. */
export type Answer =
  | { readonly kind: 'confirmation'; readonly accepted: boolean; readonly note: string | undefined }
  | { readonly kind: 'user_input'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'user_feedback'; readonly selections: Readonly<Record<string, string[]>> }
  | { readonly kind: 'external_execution'; readonly result: string; readonly isError: boolean }

/**
 * Reads an answer in the form of Agno's AG-UI interface: `{"accepted": true, "note"?}`, `{"values": {…}}`,
 * `{"selections": {question: [labels]}}`. The result of an external execution is any text.
 *
 * @param given an object, or its JSON text
 * @param isError the external execution failed
 * @throws {GatewayError} `AGW_BAD_REQUEST` for an invalid answer: a missing member never counts as consent
 */
export function answerTo(call: PendingCall, given: unknown, isError = false): Answer {
  if (call.kind === 'external_execution') {
    const result = typeof given === 'string' ? given : JSON.stringify(given ?? null)
    return { kind: 'external_execution', result, isError }
  }
  const payload = typeof given === 'string' ? parsed(given) : given
  if (call.kind === 'confirmation') return confirmation(call, payload)
  if (!isObject(payload)) throw unreadable(call)
  if (call.kind === 'user_input') {
    const values = isObject(payload['values']) ? payload['values'] : undefined
    const isWhole = values && call.fields.every((field) => isFilled(field, values))
    if (!isWhole) throw unreadable(call)
    return { kind: 'user_input', values }
  }
  const selections = selectionsIn(call, payload['selections'])
  if (selections === undefined) throw unreadable(call)
  return { kind: 'user_feedback', selections }
}

function confirmation(call: PendingCall, payload: unknown): Answer {
  const accepted = isObject(payload) ? payload['accepted'] : payload
  if (typeof accepted !== 'boolean') throw unreadable(call)
  const note =
    isObject(payload) && typeof payload['note'] === 'string' ? payload['note'] : undefined
  return { kind: 'confirmation', accepted, note }
}

function isFilled(field: InputField, values: Readonly<Record<string, unknown>>): boolean {
  const value = values[field.name] ?? field.value
  if (value === undefined || value === null) return !field.isRequired
  return field.allowed === undefined || field.allowed.includes(value)
}

function selectionsIn(call: PendingCall, given: unknown): Record<string, string[]> | undefined {
  if (!isObject(given)) return undefined
  const selections: Record<string, string[]> = {}
  for (const { question, options, multiple } of call.questions) {
    const chosen = Object.hasOwn(given, question) ? given[question] : undefined
    const labels = typeof chosen === 'string' ? [chosen] : chosen
    if (!Array.isArray(labels) || labels.length === 0) return undefined
    if (!multiple && labels.length > 1) return undefined
    const isOption = (label: unknown) => options.some((option) => option.label === label)
    if (options.length > 0 && !labels.every(isOption)) return undefined
    selections[question] = labels.map(String)
  }
  return selections
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const EXPECTED: Readonly<Record<PendingCall['kind'], string>> = {
  confirmation: '{"accepted": true} or {"accepted": false, "note": "…"}',
  user_input: '{"values": {…}} with every field',
  user_feedback: '{"selections": {question: [labels]}} with every question',
  external_execution: 'the result',
}

function unreadable({ id, name, kind }: PendingCall): GatewayError {
  const detail = `The answer for '${name}' (${id}) must be ${EXPECTED[kind]}`
  return new GatewayError('AGW_BAD_REQUEST', { detail })
}

const JSON_TYPES: ReadonlyMap<string, string> = new Map([
  ['str', 'string'],
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['list', 'array'],
  ['dict', 'object'],
])

/** JSON Schema of the answer that {@link answerTo} reads. The schema for an external execution accepts any text. */
export function answerSchema(call: PendingCall): Record<string, unknown> {
  if (call.kind === 'external_execution') return { type: 'string' }
  if (call.kind === 'confirmation') {
    const properties = { accepted: { type: 'boolean' }, note: { type: 'string' } }
    return { type: 'object', properties, required: ['accepted'] }
  }
  const [member, entries] =
    call.kind === 'user_input'
      ? ['values', call.fields.map((field) => [field.name, fieldSchema(field)])]
      : ['selections', call.questions.map((each) => [each.question, choiceSchema(each)])]
  const required =
    call.kind === 'user_input'
      ? call.fields.filter((each) => each.isRequired && each.value === undefined).map(nameOf)
      : call.questions.map((each) => each.question)
  const inner = { type: 'object', properties: Object.fromEntries(entries as []), required }
  return { type: 'object', properties: { [member as string]: inner }, required: [member] }
}

/** JSON Schema of one value. */
function fieldSchema(field: InputField): Record<string, unknown> {
  const { type, description, value, allowed } = field
  return {
    type: JSON_TYPES.get(type) ?? 'string',
    ...(description !== undefined && { description }),
    ...(value !== undefined && { default: value }),
    ...(allowed !== undefined && { enum: allowed }),
  }
}

function choiceSchema({ options, multiple }: Question): Record<string, unknown> {
  const labels = options.map(({ label }) => label)
  const items = labels.length > 0 ? { type: 'string', enum: labels } : { type: 'string' }
  return { type: 'array', items, minItems: 1, ...(!multiple && { maxItems: 1 }) }
}

function nameOf({ name }: InputField): string {
  return name
}
