/** Builds the requirement of a block that asks its caller, in AgentOS's form, and fills in the caller's answer. */
import { dictsIn } from '../answers.ts'

type Dict = Record<string, unknown>

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

/** Whether an answer is missing. @see Agno `StepRequirement.is_resolved` */
export function isStepOpen(requirement: Dict): boolean {
  const { requires_confirmation, confirmed, requires_user_input, user_input } = requirement
  const { requires_route_selection, selected_choices } = requirement
  const isUndecided = confirmed === null || confirmed === undefined
  if (requires_confirmation === true && isUndecided) return true
  if (requires_route_selection === true && !isFilled(selected_choices)) return true
  // A rejected block needs no values.
  return confirmed !== false && requires_user_input === true && !user_input
}

/** Fills in the answer. Members of the answer that are no answers are ignored, and so are invalid ones. */
export function filledStep(requirement: Dict, answer: Readonly<Dict>): Dict {
  const { rejection_feedback, edited_output } = answer
  const confirmed = decisionIn(requirement, answer) ?? answer['confirmed']
  const isConfirmation =
    requirement['requires_confirmation'] === true && typeof confirmed === 'boolean'
  const isEdit = requirement['requires_output_review'] === true && isSet(edited_output)
  return {
    ...requirement,
    ...(isConfirmation && { confirmed }),
    ...(typeof rejection_feedback === 'string' && { rejection_feedback }),
    ...(isEdit && { edited_output }),
    ...selected(requirement, answer['selected_choices']),
    ...entered(requirement, answer),
  }
}

/** The answer in Agno's `ErrorRequirement`; undefined for another question or without one. */
function decisionIn({ error_message }: Dict, { decision }: Readonly<Dict>): boolean | undefined {
  if (error_message === undefined) return undefined
  return decision === 'retry' ? true : decision === 'skip' ? false : undefined
}

/** After the time limit, `on_timeout` is the answer. */
export function timedOutStep(requirement: Dict): Dict {
  const { timeout_at, on_timeout } = requirement
  if (!isStepOpen(requirement) || typeof timeout_at !== 'string') return requirement
  if (Date.now() < Date.parse(timeout_at)) return requirement
  if (on_timeout === 'approve') return { ...requirement, confirmed: true }
  return { ...requirement, confirmed: false, on_reject: on_timeout }
}

/** Returns the chosen routes; nothing for an unknown route, or several where only one may be chosen. */
function selected(requirement: Dict, given: unknown): Dict {
  const { requires_route_selection, available_choices, allow_multiple_selections } = requirement
  if (requires_route_selection !== true || !isFilled(given)) return {}
  const choices = (available_choices ?? []) as unknown[]
  const isKnown = given.every((name) => choices.includes(name))
  const isCount = given.length === 1 || allow_multiple_selections === true
  return isKnown && isCount ? { selected_choices: [...new Set(given)] } : {}
}

/** Returns the entered values; nothing when one is missing or invalid. */
function entered(requirement: Dict, answer: Readonly<Dict>): Dict {
  const own = Object(answer['user_input']) as Dict
  const fields = dictsIn(answer['user_input_schema'])
  const values = dictsIn(requirement['user_input_schema']).map((field) => {
    const name = String(field['name'])
    const inSchema = fields.find((one) => one['name'] === name)?.['value']
    return { ...field, value: own[name] ?? inSchema ?? field['value'] }
  })
  if (values.length === 0 || !values.every(isValid)) return {}
  const named = values.map(({ value, ...field }) => [String((field as Dict)['name']), value])
  return { user_input: Object.fromEntries(named), user_input_schema: values }
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
  if (!isSet(value) || value === '') return required === false
  const isType = TYPES[String(field_type)]?.(value) ?? true
  return isType && (!Array.isArray(allowed_values) || allowed_values.includes(value))
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined
}

function isFilled(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0
}
