/** A run in the shape of `GET /sessions/{id}/runs`. @see AgentOS `WorkflowRunSchema` */
import { isoSeconds } from '../../src/compose/ids.ts'
import type { ComposeStore, StoredRun } from '../../src/compose/store.ts'

/** The keys and their order are AgentOS's. */
export function sessionRun(run: StoredRun, store: ComposeStore): Record<string, unknown> {
  const output = run.output ?? {}
  const listOf = (key: string) => (Array.isArray(output[key]) ? output[key] : [])
  return {
    run_id: run.runId,
    run_input: String(run.input ?? ''),
    events: run.isBackground ? store.events(run.runId, -1) : [],
    workflow_id: run.componentId,
    user_id: run.userId ?? '',
    content: output['content'],
    content_type: output['content_type'],
    status: run.status,
    step_results: listOf('step_results'),
    step_executor_runs: listOf('step_executor_runs'),
    metrics: output['metrics'] ?? {},
    created_at: isoSeconds(run.createdAt),
    reasoning_content: '',
    reasoning_steps: [],
    references: [],
    reasoning_messages: [],
    images: listOf('images'),
    videos: listOf('videos'),
    audio: listOf('audio'),
    files: listOf('files'),
  }
}
