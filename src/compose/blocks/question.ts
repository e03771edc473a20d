/** Asks the caller a question at a block: pauses there, and reads the answer when the run is continued. */
import type { Block } from '../definition.ts'
import type { StepOutput } from '../output.ts'
import { contentText, deepestContent } from '../output.ts'
import type { Place, Revision, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { filledStep, isStepOpen, timedOutStep } from './step-requirement.ts'

type Dict = Record<string, unknown>

/** Largest number of retries that a caller can request for one block. Agno's default. */
export const MAX_RETRIES = 3

/** A question and its place. */
export interface Question {
  /** Key of the journal, unique within the run. */
  readonly key: string
  readonly block: Block
  readonly place: Place
  /** Output that the caller reviews. Default: the block has not run. */
  readonly reviewed?: StepOutput | undefined
  /** Builds the requirement without an answer. */
  make(): Dict
  /** Sends the event of the question, once. */
  emit(requirement: Dict): Promise<void>
}

/**
 * Asks, or reads the answer.
 *
 * @returns the requirement with its answer; undefined while the run waits for it
 */
export async function ask(
  execution: WorkflowExecution,
  { key, block, place, reviewed, make, emit }: Question,
): Promise<Dict | undefined> {
  const { journal, answers, round } = execution.run
  const entry = journal.get(key)
  const before = entry?.['requirement'] as Dict | undefined
  let requirement = before ?? make()
  if (before === undefined) {
    await journal.put(key, { requirement, round })
    await emit(requirement)
  } else if (isStepOpen(before)) {
    // A step, and its iterations and retries, ask under one id: an answer counts for the open question that was asked before it.
    const isLater = Number(entry?.['round'] ?? -1) < round
    // A failed step is listed twice: as an error and as a confirmation. Either may have the answer.
    const given = isLater ? answers.filter(({ step_id: id }) => id === before['step_id']) : []
    requirement = timedOutStep(given.reduce(filledStep, before))
    if (given.length > 0) await journal.put(key, { ...entry, requirement })
  }
  if (!isStepOpen(requirement)) return requirement
  execution.pauses.push({ place, name: block.name, kind: 'step', requirement, reviewed })
  return undefined
}

/** Ids of a block, and the effect of a rejection and of a late answer. */
export function requirementBase(execution: WorkflowExecution, block: Block, place: Place): Dict {
  const { onReject = 'cancel', confirmTimeoutMs = 0, onTimeout = 'cancel' } = block
  return {
    step_id: execution.stepId(place),
    step_name: block.name,
    step_index: place.index,
    step_type: block.type,
    on_reject: onReject,
    timeout_at: confirmTimeoutMs > 0 ? new Date(Date.now() + confirmTimeoutMs).toISOString() : null,
    on_timeout: onTimeout,
  }
}

/** The input of a block in AgentOS's form. */
export function stepInputOf(execution: WorkflowExecution, input: StepInput): Dict {
  const { run } = execution
  return {
    input: run.input,
    previous_step_outputs: Object.fromEntries(input.outputs),
    previous_step_content: input.outputs.size > 0 ? execution.messageFor(input) : null,
    additional_data: run.options.additionalData ?? null,
    images: null,
    videos: null,
    audio: null,
    files: null,
  }
}

/** Fate of a block that the caller has rejected. */
export type Rejection = 'skip' | 'else' | 'retry'

/** @throws {RunStopped} when the workflow ends without the block */
export function rejectionOf(
  { run }: WorkflowExecution,
  block: Block,
  { on_reject: effect }: Dict,
): Rejection {
  if (effect === 'cancel') stop(run, `Workflow cancelled: Step '${block.name}' was rejected`)
  return effect === 'retry' || effect === 'else' ? effect : 'skip'
}

/** @throws {RunStopped} */
export function refuseRetry({ run }: WorkflowExecution, block: Block): never {
  return stop(run, `Max retries (${MAX_RETRIES}) reached for step '${block.name}'`)
}

function stop(run: WorkflowExecution['run'], words: string): never {
  run.stop('rejected', words)
  run.signal.throwIfAborted()
  throw run.signal.reason
}

/** Reads the caller's feedback. @param rejected the rejected output. Default: the block had not run */
export function revisionOf({ rejection_feedback: words }: Dict, rejected?: StepOutput): Revision {
  return {
    previousOutput: rejected && contentText(deepestContent(rejected)),
    feedback: typeof words === 'string' ? words : undefined,
  }
}
