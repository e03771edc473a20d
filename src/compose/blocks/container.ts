/** Builds the output of a container block from the outputs of its children. */
import type { Block } from '../definition.ts'
import type { StepOutput } from '../output.ts'
import { stepOutput } from '../output.ts'
import type { Place, SequenceResult, WorkflowExecution } from '../workflow-execution.ts'

/** Builds the output of a container. A failed required child makes the container fail with the child's error. */
export function containerOutput(
  execution: WorkflowExecution,
  block: Block,
  place: Place,
  ended: Pick<SequenceResult, 'failed' | 'isPaused' | 'isStopped'> & {
    readonly steps: readonly StepOutput[]
    readonly content: string
    readonly given?: Partial<StepOutput>
  },
): StepOutput {
  const { failed, isPaused, isStopped, steps, content, given } = ended
  return stepOutput({
    ...given,
    content,
    step_name: block.name,
    step_id: execution.stepId(place),
    step_type: block.type,
    success: failed === undefined,
    error: failed?.error ?? null,
    stop: isStopped,
    is_paused: isPaused,
    steps,
  })
}

/** A failed or paused container sends no …Completed event. */
export function hasCompleted({
  failed,
  isPaused,
}: Pick<SequenceResult, 'failed' | 'isPaused'>): boolean {
  return failed === undefined && !isPaused
}
