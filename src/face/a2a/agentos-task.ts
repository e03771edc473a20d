/** Builds tasks in the form of AgentOS's own A2A interface. */
import type { Message, Part, Task } from '../../a2a/wire.ts'
import type { RunResult } from '../face-events.ts'
import { productArtifacts } from './artifacts.ts'
import type { TaskFrame } from './task-id.ts'
import { usageOf } from './usage.ts'

type Dict = Record<string, unknown>

/** A message with output of the component. */
export function agentMessage(
  { taskId, contextId }: TaskFrame,
  parts: Part[],
  metadata?: Dict,
): Message {
  return {
    kind: 'message',
    messageId: `${taskId}-message`,
    role: 'agent',
    taskId,
    contextId,
    parts,
    ...(metadata && { metadata }),
  }
}

/** The output of a run: its text so far, and the result of a completed one. */
interface Output {
  readonly text: string
  readonly result: RunResult | undefined
}

/**
 * A task in the form of AgentOS's interface: the answer is the last message of its history, and artifacts hold files only.
 */
export function agentOsTask(
  frame: TaskFrame,
  status: Task['status'],
  { text, result }: Output,
): Task {
  const parts: Part[] = text === '' ? [] : [{ kind: 'text', text }]
  const artifacts = productArtifacts(result?.products ?? [])
  const usage = result?.usage && { metrics: usageOf(result.usage) }
  return {
    kind: 'task',
    id: frame.taskId,
    contextId: frame.contextId,
    status,
    history: [agentMessage(frame, [...parts, ...(status.message?.parts ?? [])], usage)],
    ...(artifacts.length > 0 && { artifacts }),
  }
}
