/** Asks the caller whether a failed step runs again or is left out. As Agno's `on_error: pause`. */
import type { Block, StepBlock } from '../definition.ts'
import type { StepOutput } from '../output.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { ask, rejectionOf, requirementBase, stepInputOf } from './question.ts'
import { pausedOutputOf } from './review.ts'
import { stepRequirement } from './step-requirement.ts'

type Dict = Record<string, unknown>

/** Whether a failure of the block is a question to its caller. */
export function asksOnError(block: Block): block is StepBlock {
  return block.type === 'Step' && block.onError === 'pause'
}

/**
 * Runs the step, and again for each `retry` of the caller.
 *
 * @param run runs the step once at a place
 * @returns undefined for a failed step that the caller has left out
 * @throws {RunStopped} when the answer is late and `onTimeout` ends the workflow
 */
export async function runUntilDecided(
  execution: WorkflowExecution,
  block: StepBlock,
  { input, place }: { readonly input: StepInput; readonly place: Place },
  run: (input: StepInput, place: Place) => Promise<StepOutput>,
): Promise<StepOutput | undefined> {
  for (let attempt = 0; ; attempt++) {
    const at = attempt === 0 ? place : { ...place, path: `${place.path}%${attempt}` }
    const output = await run(input, at)
    if (output.success || output.is_paused) return output
    const answer = await ask(execution, {
      key: `failed:${at.path}`,
      block,
      place: at,
      make: () => requirementFor(execution, block, input, at, { output, attempt }),
      // As in Agno, `StepError` is the last event of the step.
      emit: () => Promise.resolve(),
    })
    if (answer === undefined) return pausedOutputOf(execution, block, at)
    if (answer['confirmed'] === false) {
      rejectionOf(execution, block, answer)
      return undefined
    }
    await execution.emitBlockEvent('StepContinued', block, at, {}, '%')
  }
}

/** A confirmation, because AgentOS's clients and routes have no other way to decide on an error. */
function requirementFor(
  execution: WorkflowExecution,
  block: StepBlock,
  input: StepInput,
  place: Place,
  { output, attempt }: { readonly output: StepOutput; readonly attempt: number },
): Dict {
  const error = output.error ?? ''
  return stepRequirement({
    ...requirementBase(execution, block, place),
    on_reject: 'skip',
    requires_confirmation: true,
    confirmation_message: `Step '${block.name}' failed: ${error}. Run it again?`,
    retry_count: attempt,
    step_input: stepInputOf(execution, input),
    error_message: error,
  })
}

/** The open decisions in the form of Agno's `ErrorRequirement`. */
export function errorRequirements(requirements: readonly Readonly<Dict>[]): Dict[] {
  return requirements.filter(isOnError).map((requirement) => {
    const { step_id, step_name, step_index, error_message, retry_count } = requirement
    return {
      step_id,
      step_name,
      step_index,
      error_message,
      error_type: null,
      retry_count,
      decision: null,
    }
  })
}

function isOnError(requirement: Readonly<Dict>): boolean {
  return typeof requirement['error_message'] === 'string'
}
