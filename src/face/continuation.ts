/**
 * Builds the form that continues a paused run: its requirements with the answers filled in, as in AgentOS's own client.
 */
import { RequestForm } from '../client/request-form.ts'
import { toolExecutions } from '../client/run-form.ts'
import type { RunRequirement } from '../client/run-types.ts'
import { GatewayError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import type { Pause } from './pause.ts'
import { executorRequirements } from './pause.ts'
import type { Answer } from './pending-call.ts'

type Dict = Record<string, unknown>

/**
 * Form of `POST …/runs/{run_id}/continue`.
 *
 * @param answers answers by the id of the call
 * @throws the errors of {@link answeredRequirements}
 */
export function continuationForm(
  pause: Pause,
  answers: ReadonlyMap<string, Answer>,
  fields: Readonly<Record<string, unknown>> = {},
): RequestForm {
  return new RequestForm().setAll({
    ...answered(pause, answeredRequirements(pause, answers)),
    session_id: pause.sessionId,
    ...fields,
    stream: true,
    stream_events: true,
  })
}

/**
 * The requirements of a paused run with their answers filled in.
 *
 * @throws {GatewayError} `AGW_BAD_REQUEST` unless every open call has an answer: AgentOS would take a missing answer as
 *   a refusal
 */
export function answeredRequirements(
  pause: Pause,
  answers: ReadonlyMap<string, Answer>,
): readonly Dict[] {
  const open = pause.calls.filter(({ id }) => !answers.has(id))
  if (open.length > 0) {
    const names = open.map(({ id, name }) => `'${name}' (${id})`).join(', ')
    const detail = `The run waits for more answers: ${names}`
    throw new GatewayError('AGW_BAD_REQUEST', { detail })
  }
  const requirements = structuredClone(pause.requirements) as Dict[]
  const tools = toolsById(pause.kind, requirements)
  const steps = new Map(requirements.toReversed().map((each) => [each['step_id'], each]))
  for (const { id } of pause.calls) {
    const answer = answers.get(id) as Answer
    const tool = tools.get(id)
    const step = steps.get(id)
    if (tool) fillTool(tool, answer)
    else if (step) fillStep(step, answer)
  }
  return requirements
}

/** The requirements of tool calls by the ids that a call can have; the first one with an id counts. */
function toolsById(kind: Pause['kind'], requirements: readonly Dict[]): Map<unknown, Dict> {
  const nested = kind === 'workflows' ? requirements.flatMap(executorRequirements) : requirements
  const byId = new Map<unknown, Dict>()
  for (const requirement of nested) {
    const tool = requirement['tool_execution']
    if (!isObject(tool)) continue
    for (const id of [requirement['id'], tool['tool_call_id']]) {
      if (!byId.has(id)) byId.set(id, requirement)
    }
  }
  return byId
}

/** Each kind of component reads the answers from a different field. */
function answered({ kind }: Pause, requirements: readonly Dict[]): Dict {
  if (kind === 'workflows') return { step_requirements: requirements }
  if (kind === 'teams') return { requirements }
  return { tools: toolExecutions(requirements as readonly RunRequirement[]) }
}

/** @see Agno `RunRequirement.confirm`, `reject`, `provide_user_input`, `provide_user_feedback`, `set_external_execution_result` */
function fillTool(requirement: Dict, answer: Answer): void {
  const tool = requirement['tool_execution'] as Dict
  switch (answer.kind) {
    case 'confirmation':
      tool['confirmed'] = answer.accepted
      requirement['confirmation'] = answer.accepted
      if (!answer.accepted) {
        tool['confirmation_note'] = answer.note ?? null
        requirement['confirmation_note'] = answer.note ?? null
      }
      return
    case 'user_input':
      for (const schema of [tool['user_input_schema'], requirement['user_input_schema']]) {
        fillFields(schema, answer.values)
      }
      tool['answered'] = true
      return
    case 'user_feedback':
      for (const schema of [tool['user_feedback_schema'], requirement['user_feedback_schema']]) {
        fillQuestions(schema, answer.selections)
      }
      tool['answered'] = true
      return
    case 'external_execution':
      tool['result'] = answer.result
      requirement['external_execution_result'] = answer.result
      if (answer.isError) tool['tool_call_error'] = true
  }
}

/** @see Agno `StepRequirement.confirm`, `reject`, `set_user_input`, `select_multiple` */
function fillStep(step: Dict, answer: Answer): void {
  if (answer.kind === 'confirmation') {
    step['confirmed'] = answer.accepted
    if (!answer.accepted && answer.note !== undefined) step['rejection_feedback'] = answer.note
  } else if (answer.kind === 'user_input') {
    step['user_input'] = answer.values
    fillFields(step['user_input_schema'], answer.values)
  } else if (answer.kind === 'user_feedback') {
    step['selected_choices'] = Object.values(answer.selections).flat()
  }
}

function fillFields(schema: unknown, values: Readonly<Record<string, unknown>>): void {
  if (!Array.isArray(schema)) return
  for (const field of schema as Dict[]) {
    const name = String(field['name'])
    if (Object.hasOwn(values, name)) field['value'] = values[name]
  }
}

function fillQuestions(schema: unknown, selections: Readonly<Record<string, string[]>>): void {
  if (!Array.isArray(schema)) return
  for (const question of schema as Dict[]) {
    const chosen = selections[String(question['question'])]
    if (chosen === undefined) continue
    question['selected_options'] = chosen
    const options = Array.isArray(question['options']) ? (question['options'] as Dict[]) : []
    for (const option of options) option['selected'] = chosen.includes(String(option['label']))
  }
}
