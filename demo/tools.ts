/** Implements tool calls that pause a run: the request, the decision and the outcome. */
import { randomUUID } from 'node:crypto'
import { tokenCounts } from './events.ts'
import { HttpError } from './http.ts'
import type { Requirement, Run, ToolExecution } from './run.ts'
import type { ToolWish } from './scripts.ts'
import { nowSeconds } from './time.ts'

/** Members of a tool call for a person's input. */
const ANSWERS = ['user_input_schema', 'user_feedback_schema', 'answered', 'result'] as const

/** Pauses `run` until a person decides about the tool call. */
export function requireConfirmation(run: Run, wish: ToolWish): void {
  const tool = toolExecution(wish)
  const createdAt = new Date().toISOString().replace('Z', '000+00:00')
  run.addMessage('assistant', {
    tool_calls: [
      {
        id: tool.tool_call_id,
        function: { arguments: JSON.stringify(wish.args), name: wish.name },
        type: 'function',
      },
    ],
    metrics: tokenCounts(run.inputTokens, run.outputTokens),
  })
  run.requirement = { id: randomUUID(), createdAt, tool, wish }
  if (wish.approval) {
    const id = randomUUID()
    run.requirement.approval = { id, status: 'pending' }
    Object.assign(tool, { approval_type: 'required', approval_id: id })
  }
  run.finish('PAUSED', 'I have tools to execute, but I need confirmation.')
}

/**
 * Reads a decision from the `tools` field of a continue form. @throws HttpError 400 when the field is missing or
 * contains no list of tool calls.
 */
export function decide(requirement: Requirement, tools: unknown): void {
  if (requirement.approval?.status === 'pending') {
    const reason = 'Resolve the approval before continuing this run.'
    throw new HttpError(409, `Approval is still pending. ${reason}`)
  }
  if (requirement.approval) return
  if (tools === undefined) {
    throw new HttpError(
      400,
      'Run has unresolved HITL requirements. Provide the `requirements` parameter (or resolve an admin approval first).',
    )
  }
  if (!Array.isArray(tools)) {
    throw new HttpError(400, 'Invalid structure or content for tools: not a list of tool calls')
  }
  const { tool, wish } = requirement
  const decision = tools.find((candidate) => candidate?.tool_call_id === tool.tool_call_id)
  if (wish.pause !== undefined) {
    for (const name of ANSWERS) tool[name] = decision?.[name] ?? tool[name]
    requirement.isGranted = decision?.answered === true || typeof decision?.result === 'string'
    return
  }
  tool.confirmed = decision?.confirmed === true
  requirement.isGranted = tool.confirmed
  const note: unknown = decision?.confirmation_note
  if (typeof note === 'string') tool['confirmation_note'] = note
}

/** Records the outcome of the decision: the tool's result, or the rejection. */
export function settle(run: Run, { tool, wish, isGranted }: Requirement): void {
  const isConfirmed = isGranted === true
  const rejection = tool['confirmation_note'] ?? 'Tool call was rejected'
  tool['tool_call_error'] = !isConfirmed
  tool['result'] = isConfirmed ? (tool['result'] ?? wish.result) : null
  if (!isConfirmed) tool['confirmation_note'] = rejection
  run.addMessage('tool', {
    content: isConfirmed ? wish.result : rejection,
    tool_call_id: tool.tool_call_id,
    tool_name: wish.name,
    tool_args: wish.args,
    tool_call_error: !isConfirmed,
  })
}

function toolExecution(wish: ToolWish): ToolExecution {
  return {
    tool_call_id: `call_${randomUUID().slice(0, 8)}`,
    tool_name: wish.name,
    tool_args: wish.args,
    tool_call_error: null,
    result: null,
    metrics: null,
    child_run_id: null,
    stop_after_tool_call: false,
    created_at: nowSeconds(),
    requires_confirmation: wish.pause === undefined ? true : null,
    confirmed: null,
    confirmation_note: null,
    requires_user_input: null,
    user_input_schema: null,
    user_feedback_schema: null,
    answered: null,
    external_execution_required: null,
    external_execution_silent: null,
    approval_type: null,
    approval_id: null,
    parent_tool_call_id: null,
    ...wish.pause,
  }
}
