/** Repeats a sequence until a function or a CEL expression ends it, or until the iteration limit. */
import type { LoopBlock } from '../definition.ts'
import type { StepOutput } from '../output.ts'
import { contentText, deepestContent } from '../output.ts'
import type { Place, SequenceResult, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { containerOutput, hasCompleted } from './container.ts'

/** Runs the loop. Sends `LoopExecutionStarted`, the events of each `LoopIteration…`, and `LoopExecutionCompleted`. */
export async function runLoop(
  execution: WorkflowExecution,
  block: LoopBlock,
  start: StepInput,
  place: Place,
): Promise<StepOutput> {
  const limit = { max_iterations: block.maxIterations }
  await execution.emitBlockEvent('LoopExecutionStarted', block, place, limit)
  const all: (readonly StepOutput[])[] = []
  let input = start
  let result: SequenceResult = { outputs: [], input, isPaused: false, isStopped: false }
  for (let iteration = 1; iteration <= block.maxIterations; iteration++) {
    const { shouldContinue, ...ended } = await runIteration(execution, block, input, {
      place,
      iteration,
    })
    result = ended
    all.push(result.outputs)
    if (!shouldContinue) break
    if (block.forwardIterationOutput) input = result.input
  }
  const steps = all.flat()
  if (hasCompleted(result)) {
    await execution.emitBlockEvent('LoopExecutionCompleted', block, place, {
      total_iterations: all.length,
      ...limit,
      all_results: all,
    })
  }
  const content = `Loop ${block.name} completed ${all.length} iterations with ${steps.length} total steps`
  return containerOutput(execution, block, place, { ...result, steps, content })
}

/** Runs the sequence once and decides whether it runs again. */
async function runIteration(
  execution: WorkflowExecution,
  block: LoopBlock,
  input: StepInput,
  { place, iteration }: { readonly place: Place; readonly iteration: number },
): Promise<SequenceResult & { readonly shouldContinue: boolean }> {
  const fields = { iteration, max_iterations: block.maxIterations }
  await execution.emitBlockEvent('LoopIterationStarted', block, place, fields, `#${iteration}`)
  const result = await execution.sequence(block.steps, input, (index) =>
    execution.below(place, index, iteration),
  )
  if (!hasCompleted(result)) return { ...result, shouldContinue: false }
  const shouldContinue =
    !result.isStopped &&
    (await execution.decide(place, `#${iteration}`, () =>
      isWanted(block, result.outputs, iteration),
    ))
  const ended = {
    ...fields,
    should_continue: shouldContinue,
    iteration_results: result.outputs,
  }
  await execution.emitBlockEvent('LoopIterationCompleted', block, place, ended, `#${iteration}`)
  return { ...result, shouldContinue }
}

/** Evaluates the end condition. As in Agno's `should_continue`, the caller checks the number of iterations. */
async function isWanted(
  { endCondition, isExpression, maxIterations }: LoopBlock,
  outputs: readonly StepOutput[],
  iteration: number,
): Promise<boolean> {
  if (!endCondition) return true
  if (!isExpression) return !(await (endCondition as EndFunction)(outputs, iteration))
  const texts = outputs.map((output) => contentText(deepestContent(output)))
  const variables = {
    current_iteration: BigInt(iteration),
    max_iterations: BigInt(maxIterations),
    all_success: outputs.every(({ success }) => success),
    last_step_content: texts.at(-1) ?? '',
    step_outputs: Object.fromEntries(outputs.map(({ step_name }, i) => [step_name, texts[i]])),
  }
  return !(endCondition as (variables: object) => unknown)(variables)
}

type EndFunction = (outputs: readonly StepOutput[], iteration: number) => unknown
