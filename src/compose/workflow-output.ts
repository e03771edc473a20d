/** Builds the outputs of workflows, whose members and their order are AgentOS's. */
import { errorRequirements } from './blocks/failed-step.ts'
import { mediaOf } from './media.ts'
import type { MemberOutput } from './member.ts'
import type { StepOutput } from './output.ts'
import { contentType } from './output.ts'
import type { OpenPause, WorkflowExecution } from './workflow-execution.ts'

/** The output of a run that has ended. */
export function endedOutput(
  execution: WorkflowExecution,
  outputs: readonly StepOutput[],
  status: string,
  content: unknown,
): MemberOutput {
  const { memberRuns } = execution
  const { images, videos, audio, files } = mediaOf(outputs)
  const { input, ...ids } = identityOf(execution)
  return {
    input,
    content,
    content_type: contentType(content),
    ...ids,
    status,
    metadata: {},
    images,
    videos,
    audio,
    files,
    step_results: outputs,
    step_executor_runs: memberRuns,
    metrics: metricsOf(execution, outputs),
  }
}

/** The output of a run that waits for answers. @param outputs of the blocks that have ended */
export function pausedOutput(
  execution: WorkflowExecution,
  outputs: readonly StepOutput[],
): MemberOutput {
  const { memberRuns, pauses } = execution
  const { input, ...ids } = identityOf(execution)
  const requirements = pauses.map(({ requirement }) => requirement)
  const errors = errorRequirements(requirements)
  return {
    input,
    content_type: 'str',
    ...ids,
    ...pauseFields(pauses),
    metadata: {},
    ...(outputs.length > 0 && { step_results: outputs }),
    ...(memberRuns.length > 0 && { step_executor_runs: memberRuns }),
    metrics: metricsOf(execution, outputs),
    step_requirements: requirements,
    ...(errors.length > 0 && { error_requirements: errors }),
  }
}

function identityOf({ workflow, run }: WorkflowExecution) {
  return {
    input: run.input,
    workflow_id: workflow.id,
    workflow_name: workflow.name,
    run_id: run.runId,
    session_id: run.sessionId,
    ...(run.options.userId !== undefined && { user_id: run.options.userId }),
    created_at: run.createdAt,
  }
}

/** Where a workflow waits: the first open question. */
export function pauseFields([first]: readonly OpenPause[]): Record<string, unknown> {
  return {
    status: 'PAUSED',
    paused_step_index: Number.parseInt(first?.place.path ?? '0', 10),
    paused_step_name: first?.name,
    pause_kind: first?.kind,
  }
}

/** Metrics of each step by its name, and the duration of the run in seconds. As in Agno. */
export function metricsOf({ run }: WorkflowExecution, outputs: readonly StepOutput[]) {
  const steps: Record<string, unknown> = {}
  const add = (output: StepOutput) => {
    for (const inner of output.steps ?? []) add(inner)
    const { step_name, executor_type, executor_name, metrics } = output
    if (output.steps || metrics === null) return
    steps[step_name] = { step_name, executor_type, executor_name, metrics }
  }
  for (const output of outputs) add(output)
  return { steps, duration: run.duration }
}
