/**
 * Converts the pause of a member to requirements in AgentOS's form, and their answers to the form that continues the
 * member: `tools` of an agent, `requirements` of a team, `step_requirements` of a workflow, a message of an A2A agent.
 */
import { dictsIn, isRejected, isResolved, toolOf } from './answers.ts'
import { isStepOpen } from './blocks/step-requirement.ts'
import { derivedId } from './ids.ts'
import type { Member, MemberOutput } from './member.ts'
import { contentText } from './output.ts'
import { toolExecution } from './tool-execution.ts'

type Dict = Record<string, unknown>

/** A member that waits for answers. Survives JSON. */
export interface PausedMember {
  readonly runId: string
  /** The member's output with status `PAUSED`. */
  readonly output: MemberOutput
  /** Requirements that it waits for, with the answers so far. */
  readonly requirements: readonly Dict[]
  /** How often the member has paused in this run, from 1. */
  readonly round: number
}

/** The answers in the form of one kind of member. */
export interface MemberAnswers {
  readonly list: Dict[]
  /** Form fields beside the list. */
  readonly extraFields?: Readonly<Record<string, unknown>>
}

/** Name of the only field of a member that waits for a message. */
const MESSAGE = 'message'

/** Returns the pause of a member's output. */
export function pauseOf(
  member: Member,
  output: MemberOutput,
  runId: string,
  round: number,
): PausedMember {
  const id = output.run_id ?? runId
  const requirements = requirementsIn(member, output, id).map((given) => {
    const { id: own, created_at, ...rest } = given
    const callId = JSON.stringify(toolOf(given)['tool_call_id'])
    return {
      id: own ?? derivedId(id, String(round), callId),
      created_at: created_at ?? new Date().toISOString(),
      ...rest,
    }
  })
  return { runId: id, output, requirements, round }
}

/** Requirements as a team shows them: with the member, or with the member's own member. */
export function withMember(
  { id, name }: Pick<Member, 'id' | 'name'>,
  requirements: readonly Dict[],
  runId: string,
): Dict[] {
  return requirements.map((requirement) => {
    const {
      id: own,
      created_at,
      member_agent_id,
      member_agent_name,
      member_run_id,
      ...rest
    } = requirement
    return {
      id: own,
      created_at,
      member_agent_id: member_agent_id ?? id,
      member_agent_name: member_agent_name ?? name,
      member_run_id: member_run_id ?? runId,
      ...rest,
    }
  })
}

/** Requirements that still have no answer. */
export function openRequirements({ requirements }: PausedMember): Dict[] {
  return requirements.filter((requirement) => !isResolved(requirement))
}

/** Sentence for a leader about the calls that the caller has rejected; empty without any. */
export function refusals({ requirements }: PausedMember): string {
  const refused = requirements.filter(isRejected).map((requirement) => {
    const { tool_name: name, tool_args: args } = toolOf(requirement)
    const note = contentText(requirement['confirmation_note'])
    return `${contentText(name)}(${contentText(args)})${note === '' ? '' : `: ${note}`}`
  })
  return refused.length === 0 ? '' : `The user has rejected ${refused.join('; ')}`
}

/**
 * Describes the failed step of an AgentOS's workflow that waits for a decision on it; undefined for any other pause.
 * AgentOS has no request for the decision. Its `WorkflowPaused` names the step without requirements; only its output has
 * the error.
 */
export function undecidableError(output: MemberOutput): string | undefined {
  const { status, paused_step_name: step } = output
  if (status !== 'PAUSED' || typeof step !== 'string' || stepsOf(output).length > 0) return
  const errors = dictsIn(output['error_requirements']).map((one) =>
    contentText(one['error_message']),
  )
  return [`Step '${step}' failed`, ...errors].join(': ')
}

/** Whether a stored output still waits for the answers of an earlier one. */
export function isSamePause(stored: MemberOutput, before: MemberOutput): boolean {
  return stored.status === 'PAUSED' && idsOf(stored) === idsOf(before)
}

function idsOf(output: MemberOutput): string {
  const steps = stepsOf(output)
  const inner = steps.flatMap((step) => dictsIn(step['executor_requirements']))
  const all = [...dictsIn(output['requirements']), ...inner]
  return JSON.stringify(all.length > 0 ? all.map(({ id }) => id) : steps.map((s) => s['step_id']))
}

/** The answers of a pause as the member takes them. */
export function answersFor({ kind }: Member, paused: PausedMember): MemberAnswers {
  const { output, requirements } = paused
  if (isMessageWanted(output)) {
    const [field] = dictsIn(toolOf(requirements[0] ?? {})['user_input_schema'])
    return { list: [], extraFields: { [MESSAGE]: contentText(field?.['value']) } }
  }
  if (kind === 'workflows') {
    const answered = (step: Dict) => (isStepWaiting(step) ? answeredStep(step, requirements) : step)
    return { list: stepsOf(output).map(answered) }
  }
  return { list: [...requirements] }
}

/** Requirements of AgentOS name the expected answer; a paused run without any is of an A2A agent, which waits for a message. */
function isMessageWanted(output: MemberOutput): boolean {
  return stepsOf(output).length === 0 && dictsIn(output['requirements']).length === 0
}

function requirementsIn(member: Member, output: MemberOutput, runId: string): Dict[] {
  if (isMessageWanted(output)) {
    const description = contentText(output.content)
    const field = { name: MESSAGE, field_type: 'str', description, value: null }
    return [userInput(`${runId}:${MESSAGE}`, member.name, [field])]
  }
  if (member.kind !== 'workflows') return dictsIn(output['requirements'])
  return openSteps(output).flatMap((step) => {
    const inner = dictsIn(step['executor_requirements'])
    return inner.length > 0 ? inner : [stepAsCall(step)]
  })
}

/** AgentOS repeats the requirements of earlier pauses of the run; they have their answers. */
function openSteps(output: MemberOutput): Dict[] {
  return stepsOf(output).filter(isStepWaiting)
}

function isStepWaiting(step: Dict): boolean {
  const inner = dictsIn(step['executor_requirements'])
  return inner.length > 0 ? inner.some((each) => !isResolved(each)) : isStepOpen(step)
}

function stepsOf(output: MemberOutput): Dict[] {
  return dictsIn(output['step_requirements'])
}

/** A question of a workflow's step as a tool call, which teams and clients know. */
function stepAsCall(step: Dict): Dict {
  const id = String(step['step_id'])
  const name = contentText(step['step_name'])
  if (step['requires_user_input'] === true) {
    return userInput(id, name, dictsIn(step['user_input_schema']))
  }
  if (step['requires_route_selection'] === true) {
    const options = (step['available_choices'] as unknown[] | null) ?? []
    const question = {
      question: name,
      options: options.map((label) => ({ label })),
      multi_select: step['allow_multiple_selections'] === true,
    }
    return { tool_execution: { ...call(id, name), user_feedback_schema: [question] } }
  }
  const reviewed = step['requires_output_review'] === true ? reviewedIn(step) : {}
  return { tool_execution: { ...call(id, name, reviewed), requires_confirmation: true } }
}

/** The output that the caller confirms, as the arguments of a call. */
function reviewedIn({ step_output: output }: Dict): Dict {
  const { content = null } = Object(output) as { content?: unknown }
  return { output: content }
}

function userInput(id: string, name: string, user_input_schema: readonly Dict[]): Dict {
  const tool = { ...call(id, name), requires_user_input: true, user_input_schema }
  return { tool_execution: tool, user_input_schema }
}

function call(id: string, name: string, args: Dict = {}): Dict {
  return toolExecution({ id, name, args, createdAt: Math.floor(Date.now() / 1000) })
}

function answeredStep(step: Dict, requirements: readonly Dict[]): Dict {
  const inner = dictsIn(step['executor_requirements'])
  if (inner.length > 0) {
    const answered = inner.map((own) => requirements.find(({ id }) => id === own['id']) ?? own)
    return { ...step, executor_requirements: answered }
  }
  const isAnswer = (one: Dict) => toolOf(one)['tool_call_id'] === step['step_id']
  const answer = requirements.find(isAnswer) ?? {}
  const tool = toolOf(answer)
  if (step['requires_user_input'] === true) {
    const schema = dictsIn(tool['user_input_schema'])
    const user_input = Object.fromEntries(schema.map(({ name, value }) => [String(name), value]))
    return { ...step, user_input_schema: schema, user_input }
  }
  if (step['requires_route_selection'] === true) {
    const [question] = dictsIn(tool['user_feedback_schema'])
    return { ...step, selected_choices: question?.['selected_options'] }
  }
  const note = tool['confirmation_note']
  const feedback = typeof note === 'string' ? { rejection_feedback: note } : {}
  return { ...step, confirmed: tool['confirmed'], ...feedback }
}
