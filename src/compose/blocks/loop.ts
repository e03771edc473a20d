/** Repeats a sequence until a function, a CEL expression or the caller ends it, or until the iteration limit. */
import type { LoopBlock } from '../definition.ts'
import type { StepOutput } from '../output.ts'
import { contentText, deepestContent } from '../output.ts'
import type {
  Place,
  Revision,
  SequenceResult,
  StepInput,
  WorkflowExecution,
} from '../workflow-execution.ts'
import { containerOutput, hasCompleted } from './container.ts'
import { reviewIteration } from './output-review.ts'

/**
 * Runs the loop. Sends `LoopExecutionStarted`, the events of each `LoopIteration…`, and `LoopExecutionCompleted`.
 *
 * @returns undefined for a loop whose output the caller has left out
 */
export async function runLoop(
  execution: WorkflowExecution,
  block: LoopBlock,
  start: StepInput,
  place: Place,
): Promise<StepOutput | undefined> {
  const limit = { max_iterations: block.maxIterations }
  await execution.emitBlockEvent('LoopExecutionStarted', block, place, limit)
  const all: (readonly StepOutput[])[] = []
  let input = start
  let revision: Revision | undefined
  let result: SequenceResult = { outputs: [], input, isPaused: false, isStopped: false }
  for (let iteration = 1; iteration <= block.maxIterations; iteration++) {
    const at = { place, iteration }
    const { shouldContinue, ...ended } = await runIteration(execution, block, input, at, revision)
    result = ended
    all.push(result.outputs)
    if (!shouldContinue) break
    if (hasReview(block) && iteration < block.maxIterations) {
      const steps = all.flat()
      const content = `Loop ${block.name} completed iteration ${iteration}/${block.maxIterations}`
      const soFar = containerOutput(execution, block, place, { ...result, steps, content })
      const given = { ...at, input: start }
      const reviewed = await reviewIteration(execution, block, given, result.outputs, soFar)
      if (reviewed.verdict === 'paused') return { ...soFar, is_paused: true }
      if (reviewed.verdict === 'skip') return undefined
      if (reviewed.verdict === 'accepted') {
        all.splice(-1, 1, reviewed.outputs)
        break
      }
      revision = reviewed.revision
    }
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

function hasReview(block: LoopBlock): block is LoopBlock & { readonly review: string } {
  return block.review !== undefined
}

/** Runs the sequence once and decides whether it runs again. @param revision for its first block */
async function runIteration(
  execution: WorkflowExecution,
  block: LoopBlock,
  input: StepInput,
  { place, iteration }: { readonly place: Place; readonly iteration: number },
  revision: Revision | undefined,
): Promise<SequenceResult & { readonly shouldContinue: boolean }> {
  const fields = { iteration, max_iterations: block.maxIterations }
  await execution.emitBlockEvent('LoopIterationStarted', block, place, fields, `#${iteration}`)
  const placeOf = (index: number) => execution.below(place, index, iteration)
  const result = await execution.sequence(block.steps, input, placeOf, [], revision)
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
