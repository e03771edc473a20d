/** Runs a named sequence of blocks. */
import type { StepsBlock } from '../definition.ts'
import type { StepOutput } from '../output.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { containerOutput, hasCompleted } from './container.ts'

/** Runs the children in order. Sends `StepsExecutionStarted`, the children's events and `StepsExecutionCompleted`. */
export async function runSteps(
  execution: WorkflowExecution,
  block: StepsBlock,
  input: StepInput,
  place: Place,
): Promise<StepOutput> {
  const count = { steps_count: block.steps.length }
  await execution.emitBlockEvent('StepsExecutionStarted', block, place, count)
  const result = await execution.sequence(block.steps, input, (i) => execution.below(place, i))
  const { outputs } = result
  if (hasCompleted(result)) {
    await execution.emitBlockEvent('StepsExecutionCompleted', block, place, {
      ...count,
      executed_steps: outputs.length,
      step_results: outputs,
    })
  }
  const content = `Steps ${block.name} completed with ${outputs.length} results`
  return containerOutput(execution, block, place, { ...result, steps: outputs, content })
}
