/**
 * Rewrites members' events and outputs for a workflow: adds the workflow's and the step's ids, in Agno's order of keys.
 */
import type { StepBlock } from '../definition.ts'
import type { ComposedEvent, MemberOutput } from '../member.ts'
import type { Place, WorkflowExecution } from '../workflow-execution.ts'

/**
 * Adds the ids of the step to a member's event. Events of a nested workflow keep their ids and get one more level of
 * depth.
 */
export function eventInStep(
  execution: WorkflowExecution,
  event: ComposedEvent,
  block: StepBlock,
  place: Place,
): ComposedEvent {
  const { workflow, run } = execution
  const isOfInnerWorkflow =
    typeof event['workflow_id'] === 'string' && event['workflow_id'] !== workflow.id
  const fields: Record<string, unknown> = {}
  const ids = isOfInnerWorkflow
    ? {}
    : {
        workflow_id: workflow.id,
        workflow_run_id: run.runId,
        step_id: execution.stepId(place),
        step_name: block.name,
        step_index: place.index,
      }
  for (const [key, value] of Object.entries(event)) {
    if (key === 'session_id') Object.assign(fields, { session_id: run.sessionId, ...ids })
    else if (key === 'event_index' || key in ids) continue
    else fields[key] = value
  }
  if (isOfInnerWorkflow) {
    fields['parent_step_id'] ??= execution.stepId(place)
    fields['nested_depth'] = Number(fields['nested_depth'] ?? 0) + 1
  }
  return fields as unknown as ComposedEvent
}

/** Converts a member's output to the form of `step_executor_runs`. */
export function executorRun(
  execution: WorkflowExecution,
  output: MemberOutput,
  place: Place,
): MemberOutput {
  const { run } = execution
  const fields: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(output)) {
    if (key === 'session_id') {
      Object.assign(fields, { session_id: run.sessionId, parent_run_id: run.runId })
    } else if (!STEP_KEYS.has(key)) fields[key] = value
  }
  return { ...fields, parent_run_id: run.runId, workflow_step_id: execution.stepId(place) }
}

const STEP_KEYS = new Set([
  'workflow_run_id',
  'step_id',
  'step_name',
  'step_index',
  'parent_run_id',
  'parent_step_id',
])
