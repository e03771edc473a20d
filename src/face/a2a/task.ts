/** Builds A2A tasks from collected and stored runs. */
import type { ComponentKind } from '../../../config/types.ts'
import type { Artifact, Message, Task } from '../../a2a/wire.ts'
import { isObject } from '../../json/is-object.ts'
import type { CollectedRun } from '../collect-run.ts'
import { collectRun } from '../collect-run.ts'
import { textOf } from '../run-result.ts'
import { storedEvents } from '../stored-events.ts'
import type { StoredOutput } from '../stored-runs.ts'
import { agentOsTask } from './agentos-task.ts'
import { answerArtifact, partsOfRest, productArtifacts } from './artifacts.ts'
import type { TaskFrame, TaskReference } from './task-id.ts'
import { taskIdOf } from './task-id.ts'
import { isoTime, stateInProgress, statusAtEnd, statusOf } from './task-state.ts'
import { usageOf } from './usage.ts'
import type { Wire } from './wire.ts'

/** @param message of the caller, for the history. @param taskId default: that of the run */
export function taskFrame(
  reference: TaskReference,
  message?: Message,
  taskId: string = taskIdOf(reference),
): TaskFrame {
  const { runId, sessionId: contextId } = reference
  const history = message ? [{ ...message, taskId, contextId }] : []
  return { taskId, contextId, runId, history }
}

/** The frame with the ids of the run itself: an upstream without AgentOS's API chooses them. */
export function reframed(frame: TaskFrame, runId: string, sessionId: string): TaskFrame {
  if (runId === '' || runId === frame.runId) return frame
  return taskFrame({ runId, sessionId: sessionId || frame.contextId }, frame.history[0])
}

/** The task of a run that has been read to its end. */
export function taskOfRun(wire: Wire, frame: TaskFrame, run: CollectedRun): Task {
  const { end, text } = run
  const { taskId, contextId, history } = frame
  const status = statusAtEnd(end, taskId, contextId)
  const result = end.type === 'completed' ? end.result : undefined
  if (wire.isAgentOs) return agentOsTask(frame, status, { text, result })
  const artifacts = artifactsOf(run)
  return {
    kind: 'task',
    id: taskId,
    contextId,
    status,
    ...(artifacts.length > 0 && { artifacts }),
    ...(history.length > 0 && { history: [...history] }),
    ...(result?.usage && { metadata: { usage: usageOf(result.usage) } }),
  }
}

function artifactsOf({ text, end }: CollectedRun): Artifact[] {
  if (end.type !== 'completed') {
    return text === '' ? [] : [answerArtifact([{ kind: 'text', text }])]
  }
  const { result, rest } = end
  const parts = rest === '' ? [{ kind: 'text' as const, text }] : partsOfRest(result, rest)
  const answer = text === '' ? [] : [answerArtifact(parts)]
  return [...answer, ...productArtifacts(result.products)]
}

/**
 * The task of a run in its AgentOS.
 *
 * @param taskId as the caller names it
 */
export async function taskOfStored(
  wire: Wire,
  run: StoredOutput,
  stored: { readonly kind: ComponentKind; readonly reference: TaskReference; taskId?: string },
): Promise<Task> {
  const { kind, reference, taskId } = stored
  const frame = withInput(taskFrame(reference, undefined, taskId), run)
  const events = storedEvents(kind, run, reference)
  if (events.length > 0) return taskOfRun(wire, frame, await collectRun(events))
  const status = textOf(run['status']).toUpperCase()
  return openTask(frame, statusOf(stateInProgress(status), isoTime(run['created_at'])))
}

/** A task whose run is in progress. */
export function openTask({ taskId, contextId, history }: TaskFrame, status: Task['status']): Task {
  return {
    kind: 'task',
    id: taskId,
    contextId,
    status,
    ...(history.length > 0 && { history: [...history] }),
  }
}

/** The frame with the input of the run as its message. */
function withInput(frame: TaskFrame, run: StoredOutput): TaskFrame {
  const { input, run_input: listed } = run
  const text = textOf(isObject(input) ? input['input_content'] : (input ?? listed))
  if (text === '') return frame
  const { taskId, contextId } = frame
  const messageId = `${taskId}-input`
  const parts = [{ kind: 'text' as const, text }]
  return {
    ...frame,
    history: [{ kind: 'message', messageId, role: 'user', taskId, contextId, parts }],
  }
}

/** The task with its last messages only. */
export function withHistory(task: Task, length: number | undefined): Task {
  if (length === undefined || task.history === undefined) return task
  if (length > 0) return { ...task, history: task.history.slice(-length) }
  const { history: _, ...rest } = task
  return rest
}
