/** Converts a finished A2A task or message to AgentOS's run output. */
import type { ToolExecution } from '../agentos/run-output.ts'
import { isObject } from '../json/is-object.ts'
import type { MediaLists } from './parts.ts'
import { collectMedia, textOf, toolStepsIn } from './parts.ts'
import type { A2aComponent } from './target.ts'
import { componentFields } from './target.ts'
import type { Message, Result, Task, TaskState } from './wire.ts'
import { listOf, partsOf, RUN_STATUS, textIn } from './wire.ts'

/** Ids in the request, for answers that omit them. */
export interface NamedIds {
  readonly sessionId?: string | undefined
  readonly userId?: string | undefined
  /** Id of the run in the request. */
  readonly taskId?: string | undefined
}

/**
 * Builds the output with its members in AgentOS's order.
 *
 * @param nowMs milliseconds since 1970, for an answer without a timestamp
 */
export function runOutput(
  result: Result,
  target: A2aComponent,
  namedIds: NamedIds,
  nowMs: number,
): Record<string, unknown> {
  const task = asTask(result)
  const lastMessage = lastMessageOf(task)
  const userId = textIn(lastMessage?.metadata, 'userId') ?? namedIds.userId
  const tools = awaitedTools(task)
  return {
    run_id: task.id || namedIds.taskId || lastMessage?.messageId,
    ...componentFields(target),
    session_id: task.contextId || namedIds.sessionId,
    ...(userId !== undefined && { user_id: userId }),
    content: contentOf(task),
    content_type: 'str',
    ...mediaOf(task),
    ...(tools.length > 0 && { tools }),
    ...(isObject(task.metadata) && { metadata: task.metadata }),
    ...metricsOf(task),
    created_at: Math.floor(timeOf(task, nowMs) / 1000),
    status: RUN_STATUS[stateOf(task)] ?? 'RUNNING',
  }
}

/** Wraps a message as a task: an agent without tasks answers with one message. */
function asTask(result: Result): Task {
  if (result.kind === 'task') return result
  const message = result as Message
  return {
    kind: 'task',
    id: message.taskId ?? '',
    contextId: message.contextId ?? '',
    status: { state: 'completed' },
    history: [message],
  }
}

export function stateOf(task: Task): TaskState {
  return task.status?.state ?? 'unknown'
}

/** Text of a task: its artifacts, else the agent's last message. For a failed task this message holds the reason. */
export function contentOf(task: Task): string {
  const artifacts = listOf(task.artifacts)
    .map((artifact) => textOf(partsOf(artifact)))
    .filter((text) => text !== '')
    .join('\n')
  const status = textOf(partsOf(task.status?.message))
  const hasGone = ['completed', 'working', 'submitted'].includes(stateOf(task))
  const first = hasGone ? artifacts || status : status || artifacts
  return first || textOf(partsOf(lastMessageOf(task)))
}

/** Files of the artifacts, else files of the agent's last message. */
export function mediaOf(task: Task): MediaLists {
  const lists: MediaLists = {}
  for (const artifact of listOf(task.artifacts)) {
    collectMedia(lists, partsOf(artifact), artifact.name)
  }
  if (Object.keys(lists).length === 0) collectMedia(lists, partsOf(lastMessageOf(task)))
  return lists
}

/** Token counts and durations, which Agno sends in the metadata of its last message. */
export function metricsOf(task: Task): { readonly metrics?: unknown } {
  const { metadata } = lastMessageOf(task) ?? {}
  return isObject(metadata) && isObject(metadata['metrics']) ? { metrics: metadata['metrics'] } : {}
}

/** Tool calls that the caller has to answer. */
export function awaitedTools(task: Task): ToolExecution[] {
  return toolStepsIn(partsOf(task.status?.message))
    .filter(({ isAwaited }) => isAwaited)
    .map(({ tool }) => ({ ...tool, external_execution_required: true }))
}

/** The agent's last message that is not empty. */
function lastMessageOf(task: Task): Message | undefined {
  const history = listOf(task.history).filter(({ role }) => role === 'agent')
  const last = history.findLast((message) => partsOf(message).length > 0) ?? history.at(-1)
  return last ?? task.status?.message
}

function timeOf(task: Task, nowMs: number): number {
  const time = Date.parse(String(task.status?.timestamp ?? ''))
  return Number.isNaN(time) ? nowMs : time
}
