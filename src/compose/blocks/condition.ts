/** Runs one of two sequences, selected by a function or a CEL expression. */
import type { ConditionBlock } from '../definition.ts'
import type { StepOutput } from '../output.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { containerOutput, hasCompleted } from './container.ts'
import { celVariables, viewOf } from './view.ts'

/** Runs the selected branch. Sends `ConditionExecutionStarted`, the branch's events and `ConditionExecutionCompleted`. */
export async function runCondition(
  execution: WorkflowExecution,
  block: ConditionBlock,
  input: StepInput,
  place: Place,
): Promise<StepOutput> {
  const isTrue = await execution.decide(place, '', () => evaluate(execution, block, input))
  const branch = isTrue ? 'if' : 'else'
  const steps = isTrue ? block.steps : block.elseSteps
  const fields = { condition_result: isTrue }
  await execution.emitBlockEvent('ConditionExecutionStarted', block, place, fields)
  // The branches share indices, as in Agno's events; their journal keys must not.
  const inside = isTrue ? place : { ...place, path: `${place.path}!` }
  const result = await execution.sequence(steps, input, (i) => execution.below(inside, i))
  const { outputs } = result
  if (hasCompleted(result)) {
    await execution.emitBlockEvent('ConditionExecutionCompleted', block, place, {
      ...fields,
      executed_steps: outputs.length,
      ...(steps.length > 0 && { branch }),
      step_results: outputs,
    })
  }
  const content =
    steps.length > 0
      ? `Condition ${block.name} completed with ${outputs.length} results (${branch} branch)`
      : `Condition ${block.name} not met - skipped ${block.steps.length} steps`
  return containerOutput(execution, block, place, { ...result, steps: outputs, content })
}

async function evaluate(
  execution: WorkflowExecution,
  block: ConditionBlock,
  input: StepInput,
): Promise<boolean> {
  const { evaluator, isExpression } = block
  const seen = isExpression ? celVariables(execution, input) : viewOf(execution, input)
  return Boolean(await (evaluator as (view: object) => unknown)(seen))
}
