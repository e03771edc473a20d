/** Reads the open calls of a paused run from an event or a stored run. Does no I/O. */
import type { ComponentKind } from '../../config/types.ts'
import { openCallKind } from '../agentos/requirement.ts'
import { isObject } from '../json/is-object.ts'
import type { PendingCall } from './pending-call.ts'

type Dict = Record<string, unknown>

/** A run that waits for an answer, with all data needed to continue it. */
export interface Pause {
  readonly kind: ComponentKind
  readonly runId: string
  readonly sessionId: string
  /** The open calls, in AgentOS's order. */
  readonly calls: readonly PendingCall[]
  /** AgentOS's `requirements` of the run, or `step_requirements` of a workflow run, unchanged. */
  readonly requirements: readonly Dict[]
}

/** Ids of the run, which an event or a stored run may omit. */
export interface PausedIds {
  readonly runId: string
  readonly sessionId: string
}

/**
 * @param source `RunPaused`, `TeamRunPaused`, `WorkflowPaused`, or a stored run with status `PAUSED`
 * @param ids take precedence over the ids in `source`
 */
export function pauseIn(
  kind: ComponentKind,
  source: Readonly<Record<string, unknown>>,
  ids: PausedIds,
): Pause {
  const requirements = requirementsIn(kind, source)
  const calls: PendingCall[] = []
  const taken = new Set<string>()
  const add = (call: PendingCall | undefined, fallbackId: unknown) => {
    if (call === undefined) return
    // The models of two team members may have chosen the same id.
    const id = taken.has(call.id) && typeof fallbackId === 'string' ? fallbackId : call.id
    taken.add(id)
    calls.push({ ...call, id })
  }
  for (const requirement of requirements) {
    if (kind === 'workflows') {
      for (const nested of executorRequirements(requirement)) add(toolCall(nested), nested['id'])
      add(stepCall(requirement), requirement['step_id'])
    } else add(toolCall(requirement), requirement['id'])
  }
  return { kind, ...ids, requirements, calls }
}

/** The list of requirements; a run of an older AgentOS has only its tools. */
function requirementsIn(
  kind: ComponentKind,
  source: Readonly<Record<string, unknown>>,
): readonly Dict[] {
  if (kind === 'workflows') return dictsIn(source['step_requirements'])
  const requirements = dictsIn(source['requirements'])
  if (requirements.length > 0) return requirements
  return dictsIn(source['tools']).map((tool) => ({ tool_execution: tool }))
}

/** The requirements of the agent or team that executes a step. */
export function executorRequirements(step: Dict): readonly Dict[] {
  return step['requires_executor_input'] === true ? dictsIn(step['executor_requirements']) : []
}

function dictsIn(value: unknown): Dict[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** The open call of a tool; undefined when it waits for nothing or has an answer. */
function toolCall(requirement: Dict): PendingCall | undefined {
  const tool = requirement['tool_execution']
  if (!isObject(tool)) return undefined
  const kind = openCallKind(tool)
  if (kind === undefined) return undefined
  const name = stringIn(tool['tool_name']) ?? 'tool'
  const args = isObject(tool['tool_args']) ? tool['tool_args'] : {}
  return {
    id: stringIn(tool['tool_call_id']) ?? stringIn(requirement['id']) ?? name,
    kind,
    name,
    args,
    message: MESSAGES[kind](name),
    fields: fieldsIn(tool['user_input_schema'] ?? requirement['user_input_schema']),
    questions: questionsIn(tool['user_feedback_schema'] ?? requirement['user_feedback_schema']),
    needsApproval: tool['approval_type'] === 'required',
    member: stringIn(requirement['member_agent_name']),
  }
}

/** The open call of the step itself. */
function stepCall(step: Dict): PendingCall | undefined {
  const name = stringIn(step['step_name']) ?? 'step'
  const base = {
    id: stringIn(step['step_id']) ?? name,
    name,
    args: {},
    fields: [],
    questions: [],
    needsApproval: false,
    member: undefined,
  }
  if (step['requires_route_selection'] === true && !hasItems(step['selected_choices'])) {
    const options = Array.isArray(step['available_choices']) ? step['available_choices'] : []
    const question = stringIn(step['user_input_message']) ?? `Which way does ${name} go?`
    const multiple = step['allow_multiple_selections'] === true
    const choices = options.map((label) => ({ label: String(label), description: undefined }))
    const questions = [{ question, options: choices, multiple }]
    return { ...base, kind: 'user_feedback', message: question, questions }
  }
  if (step['requires_user_input'] === true && !isObject(step['user_input'])) {
    const message = stringIn(step['user_input_message']) ?? `${name} needs input`
    return { ...base, kind: 'user_input', message, fields: fieldsIn(step['user_input_schema']) }
  }
  const isOpen = step['confirmed'] === null || step['confirmed'] === undefined
  if (isOpen && step['requires_output_review'] === true) {
    const message = stringIn(step['output_review_message']) ?? `Is the output of ${name} right?`
    return { ...base, kind: 'confirmation', message, args: outputIn(step) }
  }
  if (!isOpen || step['requires_confirmation'] !== true) return undefined
  const message = stringIn(step['confirmation_message']) ?? `May ${name} run?`
  return { ...base, kind: 'confirmation', message }
}

/** The reviewed output, so that clients show it beside the question. */
function outputIn({ step_output: output }: Dict): Dict {
  const content = isObject(output) ? output['content'] : undefined
  return content === undefined ? {} : { output: content }
}

const MESSAGES: Readonly<Record<PendingCall['kind'], (name: string) => string>> = {
  confirmation: (name) => `May ${name} run?`,
  user_input: (name) => `${name} needs input`,
  user_feedback: (name) => `${name} asks a question`,
  external_execution: (name) => `The caller must run ${name}`,
}

function fieldsIn(schema: unknown): PendingCall['fields'] {
  return dictsIn(schema).flatMap((field) => {
    const name = stringIn(field['name'])
    if (name === undefined) return []
    const { value } = field
    const allowed = Array.isArray(field['allowed_values']) ? field['allowed_values'] : undefined
    return [
      {
        name,
        type: stringIn(field['field_type']) ?? 'str',
        description: stringIn(field['description']),
        value: value ?? undefined,
        allowed,
        isRequired: field['required'] !== false,
      },
    ]
  })
}

function questionsIn(schema: unknown): PendingCall['questions'] {
  return dictsIn(schema).flatMap((item) => {
    const question = stringIn(item['question'])
    if (question === undefined) return []
    const options = dictsIn(item['options']).flatMap((option) => {
      const label = stringIn(option['label'])
      return label === undefined ? [] : [{ label, description: stringIn(option['description']) }]
    })
    return [{ question, options, multiple: item['multi_select'] === true }]
  })
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0
}

function stringIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
