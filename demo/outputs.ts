/** Converts runs to JSON: the whole output, the result of one step, and the entry of a list. */
import { MODEL_FIELDS, metrics, PROVIDER_DATA } from './events.ts'
import type { Run, RunEvent } from './run.ts'
import { isoSeconds } from './time.ts'

const NO_MEDIA = { images: [], videos: [], audio: [], files: [] }

/** Events that AgentOS stores of a run: all but the pieces of text. */
export function storedEvents(run: Run): RunEvent[] {
  return run.log.events.filter(({ event }) => !event.endsWith('RunContent'))
}

/** Output of a run, as answered by `POST …/runs` with `stream=false` and by `GET …/runs/{run_id}`. */
export function runOutput(run: Run, { withEvents = false } = {}): Record<string, unknown> {
  if (run.component.kind === 'workflow') return workflowOutput(run, withEvents)
  const { kind, id, name } = run.component
  const { requirement } = run
  return {
    run_id: run.id,
    [`${kind}_id`]: id,
    [`${kind}_name`]: name,
    session_id: run.sessionId,
    ...(run.parent && { parent_run_id: run.parent.runId }),
    user_id: run.userId,
    content: run.content,
    content_type: 'str',
    model_provider_data: PROVIDER_DATA,
    ...MODEL_FIELDS,
    ...(kind === 'agent' && { session_state: {} }),
    created_at: run.createdAt,
    status: run.status,
    ...(run.parent?.stepId && { workflow_step_id: run.parent.stepId }),
    metrics: metrics(run),
    ...(withEvents && { events: storedEvents(run) }),
    messages: run.messages,
    ...(kind === 'team' && {
      member_responses: run.childRuns.map((child) => runOutput(child, { withEvents })),
    }),
    ...(!requirement && !withEvents && { tools: [] }),
    ...(requirement && {
      tools: [{ ...requirement.tool }],
      requirements: [
        {
          id: requirement.id,
          created_at: requirement.createdAt,
          tool_execution: { ...requirement.tool },
        },
      ],
    }),
    input: { input_content: run.message },
  }
}

/** Only the steps inside of a parallel step have an executor, and metrics. */
function innermost(result: Record<string, unknown>): Record<string, unknown>[] {
  const { steps } = result
  return Array.isArray(steps) ? steps : [result]
}

function workflowOutput(run: Run, withEvents: boolean): Record<string, unknown> {
  const steps = Object.fromEntries(
    run.stepResults.flatMap(innermost).map((result) => {
      const { step_name, executor_type, executor_name, metrics } = result
      return [String(step_name), { step_name, executor_type, executor_name, metrics }]
    }),
  )
  return {
    input: run.message,
    content: run.content,
    content_type: 'str',
    workflow_id: run.component.id,
    workflow_name: run.component.name,
    run_id: run.id,
    session_id: run.sessionId,
    user_id: run.userId,
    created_at: run.createdAt,
    status: run.status,
    ...NO_MEDIA,
    step_results: run.stepResults,
    step_executor_runs: run.childRuns.map((child) => runOutput(child, { withEvents })),
    metrics: { steps, duration: run.timing().duration },
  }
}

/** Result of one workflow step. */
export function stepResult(child: Run, stepName: string): Record<string, unknown> {
  return {
    content: child.content,
    step_name: stepName,
    step_id: child.parent?.stepId,
    step_type: 'Step',
    executor_type: 'agent',
    executor_name: child.component.name,
    step_run_id: child.id,
    images: null,
    videos: null,
    audio: null,
    files: null,
    metrics: metrics(child),
    success: child.status === 'COMPLETED',
    error: null,
    stop: false,
    is_paused: false,
  }
}

/** A run in a list: `GET …/runs` and `GET /sessions/{id}/runs`. */
export function runEntry(run: Run): Record<string, unknown> {
  const { kind, id } = run.component
  const common = {
    run_id: run.id,
    [`${kind}_id`]: id,
    user_id: run.userId,
    status: run.status,
    run_input: run.message,
    content: run.content,
    events: storedEvents(run),
    created_at: isoSeconds(run.createdAt),
    reasoning_content: '',
    reasoning_steps: [],
    references: [],
    reasoning_messages: [],
    ...NO_MEDIA,
  }
  if (kind === 'workflow') {
    const { step_results, step_executor_runs, metrics } = workflowOutput(run, false)
    return { ...common, content_type: 'str', step_results, step_executor_runs, metrics }
  }
  return {
    ...common,
    parent_run_id: '',
    run_response_format: 'text',
    metrics: metrics(run),
    messages: run.messages,
    ...(run.requirement && { tools: [{ ...run.requirement.tool }] }),
    session_state: {},
    input_media: { images: [], videos: [], audios: [], files: [] },
  }
}
