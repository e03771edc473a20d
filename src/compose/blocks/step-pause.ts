/** Sends the events for a step whose member pauses, and for its continuation. */
import { SINGULAR } from '../../../config/component-kind.ts'
import type { Member } from '../member.ts'
import { nameOf } from '../member.ts'
import type { PausedMember } from '../pause.ts'
import { openRequirements } from '../pause.ts'
import type { StepRun } from './step.ts'
import { stepRequirement } from './step-requirement.ts'

/** Sends `StepExecutorPaused`, once for each pause of the member. */
export async function pauseStep(
  { execution, block, place }: StepRun,
  member: Member,
  paused: PausedMember,
): Promise<void> {
  const requirements = openRequirements(paused)
  const executor = {
    executor_id: member.id,
    executor_name: nameOf(member, paused.output),
    executor_run_id: paused.runId,
    executor_type: SINGULAR[member.kind],
  }
  const fields = { ...executor, executor_requirements: requirements }
  await execution.emitBlockEvent('StepExecutorPaused', block, place, fields, `~${paused.round}`)
  const requirement = stepRequirement({
    step_id: execution.stepId(place),
    step_name: block.name,
    step_index: place.index,
    requires_executor_input: true,
    executor_requirements: requirements,
    ...executor,
    executor_session_id: execution.run.sessionId,
  })
  execution.pauses.push({ place, name: block.name, kind: 'executor', requirement })
}

/** Sends `StepExecutorContinued`. */
export async function emitContinued(
  { execution, block, place }: StepRun,
  member: Member,
  paused: PausedMember,
): Promise<void> {
  const executor = {
    executor_name: nameOf(member, paused.output),
    executor_type: SINGULAR[member.kind],
  }
  await execution.emitBlockEvent(
    'StepExecutorContinued',
    block,
    place,
    executor,
    `~${paused.round}`,
  )
}
