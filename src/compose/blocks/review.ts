/** Asks the caller before a block runs: whether it may, and for the values that it needs. As Agno's `HumanReview`. */
import type { Block } from '../definition.ts'
import type { UserInput, UserInputField } from '../human-review.ts'
import type { StepOutput } from '../output.ts'
import { stepOutput } from '../output.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import {
  ask,
  MAX_RETRIES,
  rejectionOf,
  requirementBase,
  revisionOf,
  stepInputOf,
} from './question.ts'
import { stepRequirement } from './step-requirement.ts'

type Dict = Record<string, unknown>

/** Fate of the block after the review. */
export type Review =
  | { readonly verdict: 'run'; readonly input: StepInput }
  | { readonly verdict: 'skip' }
  | { readonly verdict: 'paused'; readonly output: StepOutput }

/** Whether the block asks the caller before it runs. */
export function needsReview(block: Block): boolean {
  return block.confirm !== undefined || userInputOf(block) !== undefined
}

/**
 * Asks, or reads the answer of a continued run. Sends `StepPaused`, and `StepContinued` once the block may run.
 *
 * @throws {RunStopped} when the caller rejects a block that the workflow needs
 */
export async function review(
  execution: WorkflowExecution,
  block: Block,
  input: StepInput,
  place: Place,
): Promise<Review> {
  const requirement = await ask(execution, {
    key: `asked:${place.path}`,
    block,
    place,
    make: () => requirementFor(execution, block, input, place),
    emit: (made) => execution.emitBlockEvent('StepPaused', block, place, pausedFields(made)),
  })
  if (requirement === undefined) {
    return { verdict: 'paused', output: pausedOutputOf(execution, block, place) }
  }
  if (requirement['confirmed'] === false) {
    const rejection = rejectionOf(execution, block, requirement)
    if (rejection === 'else' && block.type === 'Condition') {
      await execution.decide(place, '', async () => false)
    } else if (rejection !== 'retry') return { verdict: 'skip' }
  }
  await execution.emitBlockEvent('StepContinued', block, place)
  const userInput = (requirement['user_input'] ?? undefined) as Dict | undefined
  return { verdict: 'run', input: { ...input, userInput, revision: revisionOf(requirement) } }
}

/** Output of a block that waits for its caller. */
export function pausedOutputOf(
  execution: WorkflowExecution,
  block: Block,
  place: Place,
): StepOutput {
  const ids = { step_name: block.name, step_id: execution.stepId(place), step_type: block.type }
  return stepOutput({ ...ids, is_paused: true })
}

function requirementFor(
  execution: WorkflowExecution,
  block: Block,
  input: StepInput,
  place: Place,
): Dict {
  const { confirm } = block
  const asked = userInputOf(block)
  return stepRequirement({
    ...requirementBase(execution, block, place),
    requires_confirmation: confirm !== undefined,
    confirmation_message: confirm ?? null,
    requires_user_input: asked !== undefined,
    user_input_message: asked?.message ?? null,
    max_retries: MAX_RETRIES,
    ...(asked && { user_input_schema: asked.fields.map(schemaOf) }),
    step_input: stepInputOf(execution, input),
  })
}

function schemaOf(field: UserInputField): Dict {
  const { name, type = 'str', description = null, required = true, allowed = null } = field
  return { name, field_type: type, description, value: null, required, allowed_values: allowed }
}

function pausedFields(requirement: Dict): Dict {
  const { requires_confirmation, confirmation_message, requires_user_input } = requirement
  const { user_input_message, user_input_schema } = requirement
  return {
    requires_confirmation,
    ...(confirmation_message !== null && { confirmation_message }),
    requires_user_input,
    ...(user_input_message !== null && { user_input_message }),
    ...(user_input_schema !== undefined && { user_input_schema }),
  }
}

function userInputOf(block: Block): UserInput | undefined {
  return block.type === 'Step' ? block.userInput : undefined
}
