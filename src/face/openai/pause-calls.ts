/** Writes paused runs as tool calls of chat completions, and reads the ids in their tool messages. */
import { hash } from 'node:crypto'
import type { Pause } from '../pause.ts'
import type { PendingCall } from '../pending-call.ts'
import { answerSchema } from '../pending-call.ts'
import type { RunIds } from './run-token.ts'
import { longRunToken, runToken, runTokenIn } from './run-token.ts'

/** Names of the tools that a caller uses to answer a pause. */
export const CONFIRM_TOOL = 'agentos_confirm'
export const INPUT_TOOL = 'agentos_input'

/** Form of a pause. `tools`: calls of the two tools; `text`: plain text, unless the caller has to run a tool. */
export type PauseStyle = 'tools' | 'text'

/** A function call in a message. */
export interface FunctionCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

const PREFIX = 'call_'
const KEY_BYTES = 3

/**
 * Id of a tool call that encodes its run, so that it also works for callers without a session. It has at most 40
 * characters where {@link runToken} packs the ids.
 */
export function toolCallId(pause: Pause, call: PendingCall): string {
  const key = keyOf(call.id)
  const isUnique = pause.calls.every(({ id }) => id === call.id || !keyOf(id).equals(key))
  return PREFIX + (isUnique ? runToken(pause, key, call.id) : longRunToken(pause, call.id))
}

/** @returns undefined for an id that the gateway did not create */
export function referenceIn(toolCallId: string): RunIds | undefined {
  const { runId, sessionId } = tokenIn(toolCallId) ?? {}
  return runId === undefined || sessionId === undefined ? undefined : { runId, sessionId }
}

/** Finds the call with this id, which is the id of {@link toolCallId} or AgentOS's own. */
export function callWith(pause: Pause, toolCallId: string): PendingCall | undefined {
  const detail = tokenIn(toolCallId)?.detail ?? toolCallId
  if (typeof detail === 'string') return pause.calls.find(({ id }) => id === detail)
  return pause.calls.find(({ id }) => keyOf(id).equals(detail))
}

function tokenIn(toolCallId: string) {
  const isOwn = toolCallId.startsWith(PREFIX)
  return isOwn ? runTokenIn(toolCallId.slice(PREFIX.length), KEY_BYTES) : undefined
}

function keyOf(callId: string): Buffer {
  return hash('sha256', callId, 'buffer').subarray(0, KEY_BYTES)
}

/** The function calls of a paused run; undefined when the message describes the pause as text. */
export function functionCalls(pause: Pause, style: PauseStyle): FunctionCall[] | undefined {
  const mustRun = pause.calls.some(({ kind }) => kind === 'external_execution')
  if (style === 'text' && !mustRun) return undefined
  return pause.calls.map((call) => ({
    id: toolCallId(pause, call),
    type: 'function' as const,
    function: functionOf(call),
  }))
}

/** The name and arguments of a call in a message. */
export function functionOf(call: PendingCall): { name: string; arguments: string } {
  const { kind, name, args, message } = call
  if (kind === 'external_execution') return { name, arguments: JSON.stringify(args) }
  const shown = { tool: name, arguments: args, message }
  if (kind === 'confirmation') return { name: CONFIRM_TOOL, arguments: JSON.stringify(shown) }
  const asked = { ...shown, answer_schema: answerSchema(call) }
  return { name: INPUT_TOOL, arguments: JSON.stringify(asked) }
}

/** The pause as plain text, for chat programs that show nothing else. */
export function pauseText({ calls }: Pause): string {
  return calls
    .map(({ message, member, args, fields, questions, needsApproval }) => {
      const shown = Object.keys(args).length > 0 ? ` ${JSON.stringify(args)}` : ''
      const asked = fields.map(({ name, description }) => `\n- ${name}: ${description ?? ''}`)
      const options = questions.map(({ question, options }) => {
        return `\n- ${question} ${options.map(({ label }) => label).join(' / ')}`
      })
      const approval = needsApproval ? ' An administrator must approve it.' : ''
      const who = member === undefined ? '' : `${member}: `
      return `${who}${message}${shown}${approval}${asked.join('')}${options.join('')}`
    })
    .join('\n')
}

/** Value of `x_agentos.requirements`, for programs with their own view of a pause. */
export function requirementsOf(pause: Pause) {
  return pause.calls.map((call) => ({
    tool_call_id: toolCallId(pause, call),
    type: call.kind,
    tool_name: call.name,
    tool_args: call.args,
    message: call.message,
    needs_approval: call.needsApproval,
    answer_schema: answerSchema(call),
  }))
}
