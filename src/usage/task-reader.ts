/** Reads the answer to an A2A message of an AgentOS: the ids under which it stores the run, and the tokens that a stream reports. */
import { isObject } from '../json/is-object.ts'
import type { RunUsage } from './run-usage.ts'

type Dict = Readonly<Record<string, unknown>>

/** Text of the last event of a stream, which has the task with its metrics. */
export const TASK_EVENTS = [Buffer.from('"history"')]

/**
 * Reads a JSON-RPC answer, or an event of a stream. Its task is the run, and its context the session. Answers have no tokens
 * of members, and without a stream none at all, so the run counts as one in the background: its usage is read afterwards.
 *
 * @see AgentOS `agno/os/interfaces/a2a/utils.py`
 */
export function readTask(usage: RunUsage, { result }: Dict): void {
  if (!isObject(result)) return
  const { id, taskId = id, contextId } = result
  // Later events of a workflow have the ids of its steps' runs.
  const runId = usage.runId ?? taskId
  if (typeof runId !== 'string') return
  usage.readOutput({
    run_id: runId,
    session_id: contextId,
    status: 'RUNNING',
    ...metricsIn(result),
  })
}

/** The metrics in the last message of a task. */
function metricsIn({ history }: Dict): { readonly metrics?: unknown } {
  const last: unknown = Array.isArray(history) ? history.at(-1) : undefined
  const metadata = isObject(last) ? last['metadata'] : undefined
  return isObject(metadata) ? { metrics: metadata['metrics'] } : {}
}
