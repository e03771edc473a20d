/** Asks the caller before a block runs: whether it may, and for the values that it needs. As Agno's `HumanReview`. */
import { dictsIn } from '../answers.ts'
import type { Block } from '../definition.ts'
import type { UserInput, UserInputField } from '../human-review.ts'
import type { StepOutput } from '../output.ts'
import { stepOutput } from '../output.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'

type Dict = Record<string, unknown>

/** Fate of the block after the review. */
export type Review =
  | { readonly verdict: 'run'; readonly input: StepInput }
  | { readonly verdict: 'skip' }
  | { readonly verdict: 'paused'; readonly output: StepOutput }

/** So often Agno's clients may ask for another attempt. */
const MAX_RETRIES = 3

/** Whether the block asks the caller before it runs. */
export function needsReview(block: Block): boolean {
  return block.confirm !== undefined || userInputOf(block) !== undefined
}

/**
 * Asks, or reads the answer of a continued run. Sends `StepPaused`, and `StepContinued` once the block may run.
 *
 * @throws {RunStopped} when the caller rejects a block that the workflow needs
 */
export async function review(
  execution: WorkflowExecution,
  block: Block,
  input: StepInput,
  place: Place,
): Promise<Review> {
  const { journal, answers, round } = execution.run
  const key = `asked:${place.path}`
  const entry = journal.get(key)
  const asked = entry?.['requirement'] as Dict | undefined
  if (asked === undefined) {
    const requirement = requirementFor(execution, block, input, place)
    await journal.put(key, { requirement, round })
    await execution.emitBlockEvent('StepPaused', block, place, pausedFields(requirement))
    return paused(execution, block, place, requirement)
  }
  // The iterations of a loop have the same step id: an answer counts for a question that was asked before it.
  const isLater = Number(entry?.['round'] ?? -1) < round
  const given = isLater && answers.find((answer) => answer['step_id'] === asked['step_id'])
  const requirement = timedOut(given ? filled(asked, given) : asked)
  if (given) await journal.put(key, { ...entry, requirement })
  if (isOpen(requirement)) return paused(execution, block, place, requirement)
  const { confirmed, on_reject, rejection_feedback } = requirement
  if (confirmed === false) {
    if (on_reject === 'cancel') {
      const words = `Workflow cancelled: Step '${block.name}' was rejected`
      execution.run.stop('rejected', words)
      execution.run.signal.throwIfAborted()
    }
    if (on_reject === 'else' && block.type === 'Condition') {
      await execution.decide(place, '', async () => false)
    } else if (on_reject !== 'retry') return { verdict: 'skip' }
  }
  await execution.emitBlockEvent('StepContinued', block, place)
  const userInput = requirement['user_input'] as Dict | null
  const feedback = typeof rejection_feedback === 'string' ? rejection_feedback : undefined
  return { verdict: 'run', input: { ...input, userInput: userInput ?? undefined, feedback } }
}

/** The members and their order are those of Agno's `StepRequirement`. */
export function stepRequirement(given: Dict): Dict {
  return {
    step_id: null,
    step_name: null,
    step_index: null,
    step_type: 'Step',
    requires_confirmation: false,
    confirmation_message: null,
    confirmed: null,
    on_reject: 'cancel',
    requires_user_input: false,
    user_input_message: null,
    user_input: null,
    requires_route_selection: false,
    available_choices: null,
    allow_multiple_selections: false,
    selected_choices: null,
    requires_output_review: false,
    output_review_message: null,
    is_post_execution: false,
    rejection_feedback: null,
    retry_count: 0,
    max_retries: null,
    timeout_at: null,
    on_timeout: 'cancel',
    ...given,
  }
}

function requirementFor(
  execution: WorkflowExecution,
  block: Block,
  input: StepInput,
  place: Place,
): Dict {
  const { confirm, onReject = 'cancel', confirmTimeoutMs = 0, onTimeout = 'cancel' } = block
  const asked = userInputOf(block)
  const { run } = execution
  return stepRequirement({
    step_id: execution.stepId(place),
    step_name: block.name,
    step_index: place.index,
    step_type: block.type,
    requires_confirmation: confirm !== undefined,
    confirmation_message: confirm ?? null,
    on_reject: onReject,
    requires_user_input: asked !== undefined,
    user_input_message: asked?.message ?? null,
    max_retries: MAX_RETRIES,
    timeout_at: confirmTimeoutMs > 0 ? new Date(Date.now() + confirmTimeoutMs).toISOString() : null,
    on_timeout: onTimeout,
    ...(asked && { user_input_schema: asked.fields.map(schemaOf) }),
    step_input: {
      input: run.input,
      previous_step_outputs: Object.fromEntries(input.outputs),
      previous_step_content: input.outputs.size > 0 ? execution.messageFor(input) : null,
      additional_data: run.options.additionalData ?? null,
      images: null,
      videos: null,
      audio: null,
      files: null,
    },
  })
}

function schemaOf(field: UserInputField): Dict {
  const { name, type = 'str', description = null, required = true, allowed = null } = field
  return { name, field_type: type, description, value: null, required, allowed_values: allowed }
}

function pausedFields(requirement: Dict): Dict {
  const { requires_confirmation, confirmation_message, requires_user_input } = requirement
  const { user_input_message, user_input_schema } = requirement
  return {
    requires_confirmation,
    ...(confirmation_message !== null && { confirmation_message }),
    requires_user_input,
    ...(user_input_message !== null && { user_input_message }),
    ...(user_input_schema !== undefined && { user_input_schema }),
  }
}

function paused(
  execution: WorkflowExecution,
  block: Block,
  place: Place,
  requirement: Dict,
): Review {
  execution.pauses.push({ place, name: block.name, kind: 'step', requirement })
  const ids = { step_name: block.name, step_id: execution.stepId(place), step_type: block.type }
  return { verdict: 'paused', output: stepOutput({ ...ids, is_paused: true }) }
}

/** Only answers are taken from the caller. */
function filled(requirement: Dict, answer: Readonly<Dict>): Dict {
  const { confirmed, rejection_feedback } = answer
  const isConfirmation =
    requirement['requires_confirmation'] === true && typeof confirmed === 'boolean'
  const schema = dictsIn(requirement['user_input_schema'])
  const own = Object(answer['user_input']) as Dict
  const fields = dictsIn(answer['user_input_schema'])
  const values = schema.map((field) => {
    const name = String(field['name'])
    const value =
      own[name] ?? fields.find((one) => one['name'] === name)?.['value'] ?? field['value']
    return { ...field, value }
  })
  const user_input = Object.fromEntries(values.map(({ value, ...field }) => [nameIn(field), value]))
  const isInput = values.length > 0 && values.every(isValid)
  return {
    ...requirement,
    ...(isConfirmation && { confirmed }),
    ...(typeof rejection_feedback === 'string' && { rejection_feedback }),
    ...(isInput && { user_input, user_input_schema: values }),
  }
}

function nameIn(field: Dict): string {
  return String(field['name'])
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  str: (value) => typeof value === 'string',
  int: Number.isInteger,
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  list: Array.isArray,
  dict: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

/** @see Agno `StepRequirement._validate_user_input` */
function isValid(field: Dict): boolean {
  const { value, required, field_type, allowed_values } = field
  if (value === null || value === undefined || value === '') return required === false
  const isType = TYPES[String(field_type)]?.(value) ?? true
  return isType && (!Array.isArray(allowed_values) || allowed_values.includes(value))
}

/** After the time limit, `on_timeout` is the answer. */
function timedOut(requirement: Dict): Dict {
  const { timeout_at, on_timeout } = requirement
  if (!isOpen(requirement) || typeof timeout_at !== 'string') return requirement
  if (Date.now() < Date.parse(timeout_at)) return requirement
  if (on_timeout === 'approve') return { ...requirement, confirmed: true }
  return { ...requirement, confirmed: false, on_reject: on_timeout }
}

function isOpen({
  requires_confirmation,
  confirmed,
  requires_user_input,
  user_input,
}: Dict): boolean {
  if (requires_confirmation && confirmed === null) return true
  // A rejected block needs no values.
  return confirmed !== false && requires_user_input === true && user_input === null
}

function userInputOf(block: Block): UserInput | undefined {
  return block.type === 'Step' ? block.userInput : undefined
}
