/** Defines the messages of A2A 0.3 and reads their members defensively: any member may be missing. */
import type {
  Artifact,
  DataPart,
  FilePart,
  Message,
  Part,
  Task,
  TaskArtifactUpdateEvent,
  TaskState,
  TaskStatusUpdateEvent,
  TextPart,
} from '@a2a-js/sdk'
import type { RunStatus } from '../agentos/run-output.ts'
import { isObject } from '../json/is-object.ts'

export type {
  Artifact,
  DataPart,
  FilePart,
  Message,
  Part,
  Task,
  TaskArtifactUpdateEvent,
  TaskState,
  TaskStatusUpdateEvent,
  TextPart,
}

/** Results of `message/send` and `message/stream`. */
export type Result = Task | Message | TaskStatusUpdateEvent | TaskArtifactUpdateEvent

/** @see https://www.jsonrpc.org/specification#error_object */
export interface RpcError {
  readonly code: number
  readonly message: string
}

/** One JSON-RPC answer. */
export type Envelope = { readonly result: Result } | { readonly error: RpcError }

/** States after which nothing more happens to a task. @see A2A 0.3 §6.3 */
export const TERMINAL_STATES: ReadonlySet<TaskState> = new Set([
  'completed',
  'canceled',
  'failed',
  'rejected',
])

/** AgentOS's run status for each task state. */
export const RUN_STATUS: Readonly<Record<TaskState, RunStatus>> = {
  submitted: 'PENDING',
  working: 'RUNNING',
  'input-required': 'PAUSED',
  'auth-required': 'PAUSED',
  completed: 'COMPLETED',
  canceled: 'CANCELLED',
  failed: 'ERROR',
  rejected: 'ERROR',
  unknown: 'RUNNING',
}

/** @returns undefined where the text is no JSON-RPC answer */
export function envelopeIn(text: string): Envelope | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(parsed)) return undefined
  const { error, result } = parsed
  if (isObject(error)) {
    const { code, message } = error
    return { error: { code: Number(code) || 0, message: String(message ?? 'Unknown error') } }
  }
  return isObject(result) ? { result: resultIn(result) } : undefined
}

/** Reads a result by its `kind`. Some servers omit `kind`, or wrap the task in an object. */
function resultIn(result: Record<string, unknown>): Result {
  if (typeof result['kind'] === 'string') return result as unknown as Result
  if (isObject(result['task'])) return { ...result['task'], kind: 'task' } as unknown as Task
  const kind = 'parts' in result ? 'message' : 'task'
  return { ...result, kind } as unknown as Result
}

/** Parts of a message or artifact that are objects. */
export function partsOf(holder: { readonly parts?: unknown } | null | undefined): Part[] {
  const parts = holder?.parts
  return Array.isArray(parts) ? parts.filter((part): part is Part => isObject(part)) : []
}

/** The elements of a list that may be missing. */
export function listOf<T extends object>(list: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(list) ? list.filter((item: unknown): item is T => isObject(item)) : []
}

/** A text member of metadata. */
export function textIn(metadata: unknown, name: string): string | undefined {
  const value = isObject(metadata) ? metadata[name] : undefined
  return typeof value === 'string' ? value : undefined
}
