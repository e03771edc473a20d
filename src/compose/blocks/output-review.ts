/** Lets the caller accept, change or reject the output of a block. As Agno's output and iteration reviews. */
import type { Block, LoopBlock, RouterBlock, StepBlock } from '../definition.ts'
import type { StepOutput } from '../output.ts'
import type { Place, Revision, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import {
  ask,
  MAX_RETRIES,
  refuseRetry,
  rejectionOf,
  requirementBase,
  revisionOf,
  stepInputOf,
} from './question.ts'
import { stepRequirement } from './step-requirement.ts'

type Dict = Record<string, unknown>

/** A block whose output its caller may review. */
type ReviewedBlock = (StepBlock | RouterBlock) & { readonly review: string }

/** Whether the caller reviews the output of the block. A loop asks after each of its iterations. */
export function isReviewed(block: Block): block is ReviewedBlock {
  return (block.type === 'Step' || block.type === 'Router') && block.review !== undefined
}

/**
 * Runs the block, and again for each rejection with `retry`. Sends `StepOutputReview` after each successful run.
 *
 * @param run runs the block once at a place
 * @returns undefined for a block whose output the caller has left out
 * @throws {RunStopped} when the caller rejects an output that the workflow needs
 */
export async function runReviewed(
  execution: WorkflowExecution,
  block: ReviewedBlock,
  { input, place }: { readonly input: StepInput; readonly place: Place },
  run: (input: StepInput, place: Place) => Promise<StepOutput | undefined>,
): Promise<StepOutput | undefined> {
  let given = input
  for (let attempt = 0; ; attempt++) {
    const at = attempt === 0 ? place : { ...place, path: `${place.path}@${attempt}` }
    const output = await run(given, at)
    if (!output?.success || output.is_paused) return output
    const answer = await ask(execution, {
      key: `review:${at.path}`,
      block,
      place: at,
      reviewed: output,
      make: () => requirementFor(execution, block, { input, place: at, output, attempt }),
      emit: () => emitReview(execution, block, at),
    })
    if (answer === undefined) return { ...output, is_paused: true }
    if (answer['confirmed'] === true) return edited(output, answer['edited_output'])
    if (rejectionOf(execution, block, answer) !== 'retry') return undefined
    if (attempt >= MAX_RETRIES) refuseRetry(execution, block)
    // As in Agno, a rejected router asks for another route first.
    if (block.type === 'Step') {
      await execution.emitBlockEvent('StepContinued', block, at, {}, '@')
    }
    given = { ...input, revision: revisionOf(answer, output) }
  }
}

/** Decision of the caller after an iteration of a loop. */
export type IterationReview =
  | { readonly verdict: 'paused' }
  | { readonly verdict: 'skip' }
  | { readonly verdict: 'accepted'; readonly outputs: readonly StepOutput[] }
  | { readonly verdict: 'again'; readonly revision: Revision }

/**
 * Asks whether the loop is done.
 *
 * @param outputs of the iteration
 * @param reviewed output of the loop so far
 * @throws {RunStopped} when the caller rejects a loop that the workflow needs
 */
export async function reviewIteration(
  execution: WorkflowExecution,
  block: LoopBlock & { readonly review: string },
  at: { readonly input: StepInput; readonly place: Place; readonly iteration: number },
  outputs: readonly StepOutput[],
  reviewed: StepOutput,
): Promise<IterationReview> {
  const { input, place, iteration } = at
  const last = outputs.at(-1)
  const answer = await ask(execution, {
    key: `review:${place.path}#${iteration}`,
    block,
    place,
    reviewed,
    make: () =>
      stepRequirement({
        ...requirementBase(execution, block, place),
        ...questionOf(block.review),
        step_input: stepInputOf(execution, input),
        ...(last && { step_output: last }),
      }),
    emit: () => emitReview(execution, block, place, `#${iteration}`),
  })
  if (answer === undefined) return { verdict: 'paused' }
  if (answer['confirmed'] === true) {
    const changed = last === undefined ? [] : [edited(last, answer['edited_output'])]
    return { verdict: 'accepted', outputs: [...outputs.slice(0, -1), ...changed] }
  }
  if (rejectionOf(execution, block, answer) !== 'retry') return { verdict: 'skip' }
  await execution.emitBlockEvent('StepContinued', block, place, {}, `#${iteration}`)
  return { verdict: 'again', revision: revisionOf(answer, last) }
}

function requirementFor(
  execution: WorkflowExecution,
  block: ReviewedBlock,
  at: {
    readonly input: StepInput
    readonly place: Place
    readonly output: StepOutput
    readonly attempt: number
  },
): Dict {
  const { input, place, output, attempt } = at
  return stepRequirement({
    ...requirementBase(execution, block, place),
    ...questionOf(block.review),
    retry_count: attempt,
    max_retries: MAX_RETRIES,
    ...(block.type === 'Router'
      ? { available_choices: block.choices.map(({ name }) => name) }
      : { step_input: stepInputOf(execution, input) }),
    step_output: output,
  })
}

function questionOf(message: string): Dict {
  return {
    requires_confirmation: true,
    confirmation_message: message,
    requires_output_review: true,
    output_review_message: message,
    is_post_execution: true,
  }
}

/** Agno names the step's id only where the block is a step. */
async function emitReview(
  execution: WorkflowExecution,
  block: ReviewedBlock | (LoopBlock & { readonly review: string }),
  place: Place,
  iteration = '',
): Promise<void> {
  const fields = { output_review_message: block.review, requires_output_review: true }
  if (block.type === 'Step') {
    return execution.emitBlockEvent('StepOutputReview', block, place, fields, iteration)
  }
  const ids = { step_name: block.name, step_index: place.index }
  const key = `StepOutputReview:${place.path}${iteration}`
  return execution.emitEvent('StepOutputReview', { ...ids, ...fields }, key)
}

/** Replaces the content; of a container, that of its last step, which later steps read. */
function edited(output: StepOutput, content: unknown): StepOutput {
  if (content === null || content === undefined) return output
  const { steps = [] } = output
  const last = steps.at(-1)
  if (last === undefined) return { ...output, content }
  return { ...output, steps: [...steps.slice(0, -1), edited(last, content)] }
}
