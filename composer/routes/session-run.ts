/**
 * Converts stored runs to the form of `GET /sessions/{id}/runs`.
 *
 * @see AgentOS `WorkflowRunSchema`, `TeamRunSchema`, `RunSchema`
 */
import { isoSeconds } from '../../src/compose/ids.ts'
import type { MemberOutput } from '../../src/compose/member.ts'
import { contentText } from '../../src/compose/output.ts'
import type { ComposeStore, StoredRun } from '../../src/compose/store.ts'

type Dict = Record<string, unknown>

/** Returns the run in the form of the list. A team's run is preceded by its member runs, as in AgentOS. */
export async function sessionRuns(run: StoredRun, store: ComposeStore): Promise<Dict[]> {
  const events = run.isBackground ? await store.events(run.runId, -1) : []
  if (run.kind === 'workflows') return [workflowRun(run, events)]
  const members = (run.output?.['member_responses'] ?? []) as MemberOutput[]
  return [...members.map(memberRun), teamRun(run, events)]
}

/** The members and their order are AgentOS's. */
function workflowRun(run: StoredRun, events: readonly unknown[]): Dict {
  const output = run.output ?? {}
  return {
    run_id: run.runId,
    run_input: contentText(run.input),
    events,
    workflow_id: run.componentId,
    user_id: run.userId ?? '',
    content: output['content'],
    content_type: output['content_type'],
    status: run.status,
    step_results: listIn(output, 'step_results'),
    step_executor_runs: listIn(output, 'step_executor_runs'),
    metrics: output['metrics'] ?? {},
    created_at: isoSeconds(run.createdAt),
    reasoning_content: '',
    reasoning_steps: [],
    references: [],
    reasoning_messages: [],
    ...mediaIn(output),
  }
}

function teamRun(run: StoredRun, events: readonly unknown[]): Dict {
  const output = run.output ?? {}
  return {
    run_id: run.runId,
    parent_run_id: '',
    team_id: run.componentId,
    status: run.status,
    content: output['content'],
    reasoning_content: '',
    reasoning_steps: [],
    run_input: contentText(run.input),
    run_response_format: 'text',
    metrics: output['metrics'] ?? {},
    tools: listIn(output, 'tools'),
    messages: [],
    events,
    created_at: isoSeconds(run.createdAt),
    references: [],
    reasoning_messages: [],
    ...mediaIn(output),
  }
}

function memberRun(output: MemberOutput): Dict {
  const { agent_id, team_id, workflow_id } = output
  return {
    run_id: output.run_id,
    parent_run_id: output['parent_run_id'],
    agent_id,
    team_id,
    workflow_id,
    user_id: '',
    status: output.status,
    content: output.content,
    run_response_format: 'text',
    reasoning_content: '',
    reasoning_steps: [],
    metrics: output.metrics ?? {},
    messages: listIn(output, 'messages'),
    tools: listIn(output, 'tools'),
    references: [],
    reasoning_messages: [],
    session_state: output.session_state ?? {},
    ...mediaIn(output),
  }
}

function mediaIn(output: object): Dict {
  const keys = ['images', 'videos', 'audio', 'files']
  return Object.fromEntries(keys.map((key) => [key, listIn(output, key)]))
}

function listIn(output: object, key: string): unknown[] {
  const value: unknown = (output as Dict)[key]
  return Array.isArray(value) ? value : []
}
