/**
 * Reads the tool calls and steps of a paused run that a body decides about: name, decision, and the digest of the exact
 * arguments. Nothing else of the body is kept.
 */
import { hash } from 'node:crypto'
import { openCallKind } from '../agentos/requirement.ts'
import type { MemberSpan } from '../json/members.ts'
import { elementsOf, membersOf } from '../json/members.ts'
import { boundedText } from '../limits/bounded-text.ts'
import { digestOf } from './canonical.ts'

/** `pending`: the call waits for an answer. `answered`: a result or values were given. */
export type Decision = 'approved' | 'rejected' | 'answered' | 'pending'

/** A decided or pending call in a line. */
export interface AuditedCall {
  /** Name of the tool, or of the step of a workflow. */
  readonly tool: string
  readonly call_id?: string
  readonly decision: Decision
  /** Digest of the tool's arguments; see `canonical.ts`. Missing for a step. */
  readonly args_sha256?: string
}

/** Calls of one line. */
export interface AuditedCalls {
  readonly calls: readonly AuditedCall[]
  /** SHA-256 of a text whose calls are not all listed: it is too long, has too many calls, or is no JSON. */
  readonly unread_sha256?: string
}

/** Most calls of one line. */
export const MOST_CALLS = 50
/** Longest text that is read. */
const MOST_BYTES = 1024 * 1024
/** Most members of an object that is read. */
export const MOST_MEMBERS = 1_000
/** Longest name and id of a call, in UTF-16 code units. */
export const MOST_TEXT = 128

/** @param text JSON list of Agno's tool executions, run requirements or step requirements */
export async function callsIn(text: Buffer): Promise<AuditedCalls> {
  if (text.length > MOST_BYTES) return unread(text, [])
  try {
    const calls: AuditedCall[] = []
    await addList(calls, text)
    return calls.length > MOST_CALLS ? unread(text, calls.slice(0, MOST_CALLS)) : { calls }
  } catch {
    return unread(text, [])
  }
}

/** Calls of a text that is not wholly read. */
export function unread(text: Buffer, calls: readonly AuditedCall[]): AuditedCalls {
  return { calls, unread_sha256: hash('sha256', text) }
}

async function addList(calls: AuditedCall[], text: Buffer): Promise<void> {
  for (const span of await elementsOf(text)) {
    // One more than the line lists shows that there are more.
    if (calls.length > MOST_CALLS) return
    await addItem(calls, piece(text, span))
  }
}

async function addItem(calls: AuditedCall[], text: Buffer): Promise<void> {
  const members = await membersOf(text, MOST_MEMBERS)
  if (members === undefined) return
  const nested = members.get('tool_execution')
  const executors = members.get('executor_requirements')
  if (executors) await addList(calls, piece(text, executors))
  if (nested) return addItem(calls, piece(text, nested))
  const call = members.has('step_id') ? stepIn(text, members) : await toolIn(text, members)
  if (call) calls.push(call)
}

type Members = ReadonlyMap<string, MemberSpan>

async function toolIn(text: Buffer, members: Members): Promise<AuditedCall | undefined> {
  const value = reader(text, members)
  const decision = decisionOnTool(value)
  if (decision === undefined) return undefined
  const args = members.get('tool_args')
  return {
    tool: nameIn(value('tool_name')) ?? 'tool',
    ...optional('call_id', nameIn(value('tool_call_id'))),
    decision,
    ...(args && { args_sha256: await digestOf(piece(text, args)) }),
  }
}

/** Undefined for a tool call without a decision. */
function decisionOnTool(value: (name: string) => unknown): Decision | undefined {
  const confirmed = value('confirmed')
  if (confirmed === true) return 'approved'
  if (confirmed === false) return 'rejected'
  const tool = Object.fromEntries(OPEN_CALL.map((name) => [name, value(name)]))
  if (openCallKind(tool) !== undefined) return 'pending'
  const isDecided = tool['answered'] === true || tool['external_execution_required'] === true
  return isDecided ? 'answered' : undefined
}

/** Members that {@link openCallKind} reads. */
const OPEN_CALL = [
  'answered',
  'confirmed',
  'external_execution_required',
  'requires_confirmation',
  'requires_user_input',
  'result',
  'user_feedback_schema',
]

function stepIn(text: Buffer, members: Members): AuditedCall | undefined {
  const value = reader(text, members)
  const decision = decisionOnStep(value)
  if (decision === undefined) return undefined
  const id = nameIn(value('step_id'))
  return { tool: nameIn(value('step_name')) ?? 'step', ...optional('call_id', id), decision }
}

function decisionOnStep(value: (name: string) => unknown): Decision | undefined {
  const confirmed = value('confirmed')
  if (confirmed === true) return 'approved'
  if (confirmed === false) return 'rejected'
  if (isGiven(value('user_input')) || isGiven(value('selected_choices'))) return 'answered'
  const waits = ['requires_confirmation', 'requires_user_input', 'requires_route_selection']
  const isOpen = [...waits, 'requires_output_review'].some((name) => value(name) === true)
  return isOpen ? 'pending' : undefined
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
}

function reader(text: Buffer, members: Members): (name: string) => unknown {
  return (name) => {
    const span = members.get(name)
    return span && (JSON.parse(piece(text, span).toString('utf8')) as unknown)
  }
}

function piece(text: Buffer, { start, end }: MemberSpan): Buffer {
  return text.subarray(start, end)
}

function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? boundedText(value, MOST_TEXT) : undefined
}

function optional<Name extends string>(name: Name, value: string | undefined) {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: string })
}
