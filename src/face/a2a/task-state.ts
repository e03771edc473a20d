/** Maps the last event of a run, or the status of a stored run, to the state of its A2A task. */
import type { Message, Part, Task, TaskState } from '../../a2a/wire.ts'
import { TERMINAL_STATES } from '../../a2a/wire.ts'
import type { RunEnd } from '../collect-run.ts'
import type { FaceEvent } from '../face-events.ts'
import { pauseParts, statusMessage } from './task-pause.ts'

type Status = Task['status']

/** The end of the year 9999. */
const MAX_TIME_MS = 253_402_300_799_000

/** Whether nothing more happens to a task in this state. */
export function isTerminal(state: TaskState): boolean {
  return TERMINAL_STATES.has(state)
}

const STATES: Readonly<Record<RunEnd['type'], TaskState>> = {
  completed: 'completed',
  paused: 'input-required',
  cancelled: 'canceled',
  failed: 'failed',
}

/** State and message of a task whose run has ended or waits. */
export function statusAtEnd(end: RunEnd, taskId: string, contextId: string): Status {
  return statusOf(STATES[end.type], timestampOf(end), messageFor(end, taskId, contextId))
}

export function statusOf(state: TaskState, timestamp: string, message?: Message): Status {
  return { state, ...(message && { message }), timestamp }
}

function messageFor(end: RunEnd, taskId: string, contextId: string): Message | undefined {
  const parts = partsOf(end)
  return parts && statusMessage(taskId, contextId, parts)
}

function partsOf(end: RunEnd): Part[] | undefined {
  if (end.type === 'completed') return undefined
  if (end.type === 'paused') return pauseParts(end.pause)
  return [{ kind: 'text', text: end.type === 'cancelled' ? end.reason : end.message }]
}

/** The time of an event, in ISO 8601; AgentOS counts seconds. */
export function timestampOf({ raw }: Pick<FaceEvent, 'raw'>): string {
  return isoTime(raw['created_at'])
}

/** @param time seconds since 1970, or text in ISO 8601; the present time for anything else */
export function isoTime(time: unknown): string {
  const ms = typeof time === 'number' ? time * 1000 : Date.parse(String(time))
  return new Date(ms > 0 && ms < MAX_TIME_MS ? ms : Date.now()).toISOString()
}

/** The state of a run in progress, by AgentOS's status. */
export function stateInProgress(status: string): TaskState {
  return status === 'PENDING' || status === 'QUEUED' ? 'submitted' : 'working'
}
