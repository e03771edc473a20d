/** Reads the questions of a paused run, and writes the answers in AgentOS's form. */
import type { Json, Kind, RunRequirement, StepRequirement, ToolExecution } from '../api/types.ts'
import { listIn, textIn } from '../api/types.ts'
import { filled, selected } from './pause-schema.ts'
import type { Pause } from './run-model.ts'
import { hasFeedback, isWaiting } from './run-model.ts'

export type PauseKind =
  | 'confirmation'
  | 'user_input'
  | 'user_feedback'
  | 'external_execution'
  | 'step_confirmation'
  | 'step_input'
  | 'step_route'
  | 'step_review'

/** One question for a person. */
export interface PauseItem {
  readonly key: string
  readonly kind: PauseKind
  readonly title: string
  readonly message: string
  /** Team member or step executor that asks. */
  readonly asker: string
  readonly tool: ToolExecution | undefined
  readonly step: StepRequirement | undefined
}

/** Answer to one question. */
export interface Decision {
  readonly isApproved?: boolean
  readonly note?: string
  /** Arguments after the person's changes. */
  readonly args?: Json
  /** Values of input fields. */
  readonly values?: Json
  /** Chosen options by question, or chosen routes under `''`. */
  readonly chosen?: Readonly<Record<string, readonly string[]>>
  readonly result?: string
}

export type Decisions = Readonly<Record<string, Decision | undefined>>

export function kindOf(tool: ToolExecution): PauseKind {
  if (hasFeedback(tool)) return 'user_feedback'
  if (tool.external_execution_required) return 'external_execution'
  return tool.requires_user_input ? 'user_input' : 'confirmation'
}

function toolItem(tool: ToolExecution, asker: string, step?: StepRequirement): PauseItem {
  return {
    key: `tool ${textIn(step?.step_id)} ${tool.tool_call_id ?? tool.tool_name ?? ''}`,
    kind: kindOf(tool),
    title: tool.tool_name ?? '',
    message: '',
    asker,
    tool,
    step,
  }
}

/** Open questions of a pause, in AgentOS's order. */
export function itemsIn(pause: Pause): PauseItem[] {
  const { requirements, tools, stepRequirements } = pause
  const fromSteps = stepRequirements.flatMap(stepItems)
  const open = requirements.flatMap((requirement) => {
    const tool = requirement.tool_execution
    const asker = textIn(requirement['member_agent_name']) || textIn(requirement.member_agent_id)
    return tool && isOpen(tool) ? [toolItem(tool, asker)] : []
  })
  const direct = open.length > 0 ? open : tools.filter(isOpen).map((tool) => toolItem(tool, ''))
  return [...fromSteps, ...direct]
}

/** A call with a required approval is decided in the approvals, not in the continuation of the run. */
function isOpen(tool: ToolExecution): boolean {
  return isWaiting(tool) && tool['approval_type'] !== 'required'
}

function stepItems(step: StepRequirement): PauseItem[] {
  const base = {
    key: `step ${step.step_id ?? ''}`,
    title: step.step_name ?? '',
    asker: '',
    tool: undefined,
    step,
  }
  const executor = listIn(step['executor_requirements']).flatMap((each) => {
    const tool = (each as RunRequirement).tool_execution
    return tool && isOpen(tool) ? [toolItem(tool, textIn(step['executor_name']), step)] : []
  })
  if (executor.length > 0) return executor
  // AgentOS repeats the answered requirements of earlier pauses.
  if (step.confirmed != null || step['user_input'] != null) return []
  if (step['requires_user_input'] === true && listIn(step['user_input_schema']).length > 0) {
    return [{ ...base, kind: 'step_input', message: textIn(step['user_input_message']) }]
  }
  if (step['requires_route_selection'] === true) {
    if (listIn(step['selected_choices']).length > 0) return []
    return [{ ...base, kind: 'step_route', message: textIn(step['user_input_message']) }]
  }
  if (step['requires_output_review'] === true) {
    return [{ ...base, kind: 'step_review', message: textIn(step['output_review_message']) }]
  }
  if (step['requires_confirmation'] !== true) return []
  return [{ ...base, kind: 'step_confirmation', message: textIn(step['confirmation_message']) }]
}

/** Form field and value that continue a run of this kind. */
export function answerFor(kind: Kind, pause: Pause, decisions: Decisions) {
  if (kind === 'workflows') {
    const value = pause.stepRequirements.map((step) => decidedStep(step, decisions))
    return { field: 'step_requirements', value }
  }
  if (kind === 'teams') {
    const value = pause.requirements.map((one) => decidedRequirement(one, decisions, ''))
    return { field: 'requirements', value }
  }
  const tools = pause.tools.length > 0 ? pause.tools : toolsIn(pause.requirements)
  return { field: 'tools', value: tools.map((tool) => decidedTool(tool, decisions, '')) }
}

function toolsIn(requirements: readonly RunRequirement[]): ToolExecution[] {
  return requirements.flatMap(({ tool_execution: tool }) => (tool ? [tool] : []))
}

function decidedTool(tool: ToolExecution, decisions: Decisions, stepId: string): ToolExecution {
  const decision = decisions[`tool ${stepId} ${tool.tool_call_id ?? tool.tool_name ?? ''}`]
  if (decision === undefined) return tool
  const { isApproved, note, args, values = {}, chosen = {}, result } = decision
  switch (kindOf(tool)) {
    case 'confirmation':
      return {
        ...tool,
        tool_args: args ?? tool.tool_args ?? {},
        confirmed: isApproved === true,
        confirmation_note: note || null,
      }
    case 'user_input':
      return { ...tool, answered: true, user_input_schema: filled(tool.user_input_schema, values) }
    case 'user_feedback':
      return {
        ...tool,
        answered: true,
        user_feedback_schema: selected(tool['user_feedback_schema'], chosen),
      }
    default:
      return { ...tool, result: result ?? '' }
  }
}

function decidedRequirement(one: RunRequirement, decisions: Decisions, stepId: string) {
  const before = one.tool_execution
  if (!before) return one
  const tool = decidedTool(before, decisions, stepId)
  if (tool === before) return one
  const kind = kindOf(before)
  return {
    ...one,
    tool_execution: tool,
    ...(kind === 'confirmation' && {
      confirmation: tool.confirmed ?? null,
      confirmation_note: tool.confirmation_note ?? null,
    }),
    ...(kind === 'external_execution' && { external_execution_result: tool.result ?? '' }),
    ...(kind === 'user_input' && { user_input_schema: tool.user_input_schema ?? null }),
    ...(kind === 'user_feedback' && { user_feedback_schema: tool['user_feedback_schema'] }),
  }
}

function decidedStep(step: StepRequirement, decisions: Decisions): StepRequirement {
  const executor = listIn(step['executor_requirements']) as RunRequirement[]
  const decided = executor.map((one) => decidedRequirement(one, decisions, textIn(step.step_id)))
  const own = decisions[`step ${step.step_id ?? ''}`]
  const next = executor.length > 0 ? { ...step, executor_requirements: decided } : { ...step }
  if (own === undefined) return next
  const { isApproved, note, values, chosen, result } = own
  return {
    ...next,
    ...(isApproved !== undefined && { confirmed: isApproved }),
    ...(note && { rejection_feedback: note }),
    ...(values && {
      user_input: values,
      user_input_schema: filled(step['user_input_schema'], values),
    }),
    ...(chosen?.[''] && { selected_choices: chosen[''] }),
    ...(result !== undefined && { edited_output: result }),
  }
}
