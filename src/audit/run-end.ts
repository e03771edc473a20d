/** Reads how a run ended from the end of its answer: its status, and the calls that a paused run waits for. */
import { firstMember } from '../json/json-text.ts'
import { membersOf } from '../json/members.ts'
import type { AuditedCalls } from './calls.ts'
import { callsIn, MOST_MEMBERS } from './calls.ts'

/** AgentOS's status of a run at the end of an answer. */
export interface RunEnd {
  readonly status: string | undefined
  /** Calls that wait for an answer; undefined for a run that is not paused. */
  readonly pending: AuditedCalls | undefined
}

/** Statuses by the ends of the names of events, such as `TeamRunPaused`. */
const STATUSES: Readonly<Record<string, string>> = {
  Completed: 'COMPLETED',
  Paused: 'PAUSED',
  Error: 'ERROR',
  Cancelled: 'CANCELLED',
}
const END_EVENT = /"event"\s*:\s*"(?:Team)?(?:Run|Workflow)(Completed|Paused|Error|Cancelled)"/g
const STATUS = /^"([A-Z_]{1,32})"/
const NONE: RunEnd = { status: undefined, pending: undefined }

/** @param tail last events of a stream, or a whole JSON answer; undefined when it was not kept */
export async function runEndIn(tail: Buffer | undefined, isEventStream: boolean): Promise<RunEnd> {
  if (tail === undefined) return NONE
  try {
    return await (isEventStream ? endOfStream(tail) : endOfAnswer(tail))
  } catch {
    return NONE
  }
}

/** The last event that ends a run; events of member runs come before it. */
async function endOfStream(tail: Buffer): Promise<RunEnd> {
  const text = tail.toString('latin1')
  const last = [...text.matchAll(END_EVENT)].at(-1)
  if (last === undefined) return NONE
  const status = statusOfEvent(last[1])
  if (status !== 'PAUSED') return { status, pending: undefined }
  const from = text.lastIndexOf('data:', last.index) + 'data:'.length
  const end = text.indexOf('\n', last.index)
  const data = tail.subarray(from, end === -1 ? undefined : end)
  return { status, pending: await pendingIn(data) }
}

/** @param name end of the name of an event */
export function statusOfEvent(name: string | undefined): string | undefined {
  return name === undefined ? undefined : STATUSES[name]
}

async function endOfAnswer(tail: Buffer): Promise<RunEnd> {
  const text = tail.toString('latin1')
  // Finding one member is faster than reading all of a long answer.
  const value = firstMember(text, 'status') ?? (await memberIn(tail, 'status'))
  const [, status] = STATUS.exec(value ?? '') ?? []
  return { status, pending: status === 'PAUSED' ? await pendingIn(tail) : undefined }
}

/** The text of a member, wherever nested values precede it. */
async function memberIn(tail: Buffer, name: string): Promise<string | undefined> {
  const span = (await membersOf(tail, MOST_MEMBERS))?.get(name)
  return span && tail.toString('latin1', span.start, span.end)
}

/** Requirements contain the tools; a run of an older AgentOS has only its tools. */
async function pendingIn(run: Buffer): Promise<AuditedCalls | undefined> {
  const members = await membersOf(run, MOST_MEMBERS)
  for (const name of ['step_requirements', 'requirements', 'tools']) {
    const span = members?.get(name)
    const found = span && (await callsIn(run.subarray(span.start, span.end)))
    if (found && found.calls.length > 0) return found
  }
  return undefined
}
