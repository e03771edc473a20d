/**
 * Executes one run of a workflow: runs its blocks, keeps their outputs, and sends each event with Agno's name and in
 * Agno's order.
 */
import { runCondition } from './blocks/condition.ts'
import { asksOnError, runUntilDecided } from './blocks/failed-step.ts'
import { runLoop } from './blocks/loop.ts'
import { isReviewed, runReviewed } from './blocks/output-review.ts'
import { runParallel } from './blocks/parallel.ts'
import { needsReview, review } from './blocks/review.ts'
import { runRouter } from './blocks/router.ts'
import { runStep } from './blocks/step.ts'
import { runSteps } from './blocks/steps.ts'
import type { ComposedRun } from './composed-run.ts'
import { RunStopped } from './composed-run.ts'
import type { Block, LoopBlock } from './definition.ts'
import { errorText } from './error-text.ts'
import { derivedId, nowSeconds } from './ids.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'
import type { StepOutput } from './output.ts'
import { contentText, deepestContent, stepOutput } from './output.ts'

/** Position of a block in one run. */
export interface Place {
  /** Key of the journal, such as `1/0#2`. */
  readonly path: string
  /** Index in events: `1`, or `[1, 0]` for a nested block. */
  readonly index: number | readonly number[]
  readonly parentStepId?: string | undefined
}

/** Input of a block. */
export interface StepInput {
  /** Outputs of earlier blocks by name; the latest is last. */
  readonly outputs: ReadonlyMap<string, StepOutput>
  /** Shared by the blocks of a sequence; each parallel branch has a copy. */
  readonly state: Record<string, unknown>
  /** Aborted to stop the block; the source is the run or the block around it. */
  readonly signal: AbortSignal
  /** Values that the caller has given for this block. */
  readonly userInput?: Readonly<Record<string, unknown>> | undefined
  /** Set where the block runs although, or because, the caller has rejected it. */
  readonly revision?: Revision | undefined
}

/** The caller's feedback on a block that it has rejected and that runs again. */
export interface Revision {
  /** Text of the rejected output; undefined where the block had not run. */
  readonly previousOutput?: string | undefined
  readonly feedback?: string | undefined
}

/** A question to the caller that has no answer. */
export interface OpenPause {
  readonly place: Place
  /** Name of the block. */
  readonly name: string
  readonly kind: 'step' | 'executor'
  /** AgentOS's `StepRequirement`. */
  readonly requirement: Readonly<Record<string, unknown>>
  /** The output that the question is about; undefined where the block has not run. */
  readonly reviewed?: StepOutput | undefined
}

/** Outputs of a sequence, up to and including the block that ended it. */
export interface SequenceResult {
  readonly outputs: readonly StepOutput[]
  /** Input of the block after the sequence. */
  readonly input: StepInput
  /** The block whose failure ended the sequence. */
  readonly failed?: StepOutput | undefined
  readonly isPaused: boolean
  readonly isStopped: boolean
}

/** Ids and name of the workflow, for its events. */
export interface WorkflowIdentity {
  readonly id: string
  readonly name: string
}

/** Executes one run. */
export class WorkflowExecution {
  readonly workflow: WorkflowIdentity
  readonly run: ComposedRun
  /** Outputs of members, in the order in which they finished. */
  readonly memberRuns: MemberOutput[] = []
  /** Questions that have no answer, in the order in which they were asked. */
  readonly pauses: OpenPause[] = []

  constructor(workflow: WorkflowIdentity, run: ComposedRun) {
    this.workflow = workflow
    this.run = run
  }

  /**
   * Runs one block, after its caller has confirmed it where it asks for that. A block with a journal entry returns it and
   * sends no events.
   *
   * @param revision set for the first block of a loop's iteration that the caller has requested
   * @returns undefined for a block that the caller has left out
   */
  async block(
    block: Block,
    input: StepInput,
    place: Place,
    revision?: Revision,
  ): Promise<StepOutput | undefined> {
    // A cancelled run is replayed, so that its outputs stay and its members are cancelled.
    if (!this.run.isCancelledReplay) input.signal.throwIfAborted()
    // An answer is for one block, not for those inside it.
    const plain = { ...input, userInput: undefined, revision }
    if (!needsReview(block)) return await this.#accepted(block, plain, place)
    const reviewed = await review(this, block, plain, place)
    if (reviewed.verdict === 'run') return await this.#accepted(block, reviewed.input, place)
    return reviewed.verdict === 'paused' ? reviewed.output : undefined
  }

  /**
   * Runs the block until its caller accepts the output, if it asks for that. A condition, selector or function that throws
   * fails its block.
   */
  async #accepted(block: Block, input: StepInput, place: Place): Promise<StepOutput | undefined> {
    try {
      const run = (given: StepInput, at: Place) => this.#decided(block, given, at)
      if (!isReviewed(block)) return await run(input, place)
      return await runReviewed(this, block, { input, place }, run)
    } catch (error) {
      if (error instanceof RunStopped || input.signal.aborted) throw error
      const ids = { step_name: block.name, step_id: this.stepId(place), step_type: block.type }
      const text = errorText(error)
      await this.emitBlockEvent('StepError', block, place, { error: text })
      return stepOutput({ ...ids, success: false, error: text })
    }
  }

  /** Runs the block, and again after its failure if its caller decides so. */
  #decided(block: Block, input: StepInput, place: Place): Promise<StepOutput | undefined> {
    if (!asksOnError(block)) return this.#run(block, input, place)
    const run = (given: StepInput, at: Place) => this.#run(block, given, at)
    return runUntilDecided(this, block, { input, place }, run)
  }

  #run(block: LoopBlock, input: StepInput, place: Place): Promise<StepOutput | undefined>
  #run(block: Exclude<Block, LoopBlock>, input: StepInput, place: Place): Promise<StepOutput>
  #run(block: Block, input: StepInput, place: Place): Promise<StepOutput | undefined>
  #run(block: Block, input: StepInput, place: Place): Promise<StepOutput | undefined> {
    switch (block.type) {
      case 'Step':
        return runStep(this, block, input, place)
      case 'Steps':
        return runSteps(this, block, input, place)
      case 'Parallel':
        return runParallel(this, block, input, place)
      case 'Condition':
        return runCondition(this, block, input, place)
      case 'Loop':
        return runLoop(this, block, input, place)
      case 'Router':
        return runRouter(this, block, input, place)
    }
  }

  /**
   * Runs blocks in order until one fails, pauses, or ends the workflow.
   *
   * @param outputs receives each output when its block ends, so that a stopped run keeps the earlier ones
   * @param revision for the first block
   */
  async sequence(
    blocks: readonly Block[],
    start: StepInput,
    placeOf: (index: number) => Place,
    outputs: StepOutput[] = [],
    revision?: Revision,
  ): Promise<SequenceResult> {
    let input = start
    for (const [index, block] of blocks.entries()) {
      const first = index === 0 ? revision : undefined
      const output = await this.block(block, input, placeOf(index), first)
      if (output === undefined) continue
      // A condition without a matching branch has no result, as in Agno's streams.
      if (output.step_type === 'Condition' && output.steps?.length === 0) continue
      outputs.push(output)
      input = withOutput(input, output)
      const hasFailed = !output.success && !block.optional
      if (output.is_paused || hasFailed || output.stop) {
        const failed = hasFailed && !output.is_paused ? output : undefined
        return { outputs, input, failed, isPaused: output.is_paused, isStopped: output.stop }
      }
    }
    return { outputs, input, isPaused: false, isStopped: false }
  }

  /** Id of a step: the same in every replay and, as in Agno, in every iteration of a loop and every retry. */
  stepId(place: Place): string {
    return derivedId(this.run.runId, place.path.replaceAll(/[#@%]\d+/g, ''))
  }

  /** Position of a child. @param iteration distinguishes the iterations of a loop in the journal */
  below(place: Place, index: number, iteration?: number): Place {
    const around = typeof place.index === 'number' ? [place.index] : place.index
    const path = iteration === undefined ? place.path : `${place.path}#${iteration}`
    return {
      path: `${path}/${index}`,
      index: [...around, index],
      parentStepId: this.stepId(place),
    }
  }

  /** Sends an event of the workflow, once per run. */
  emitEvent(name: string, fields: Readonly<Record<string, unknown>>, key = name): Promise<void> {
    return this.run.emit(this.#event(name, {}, fields), key)
  }

  /** Sends an event of a block, once per run. */
  emitBlockEvent(
    name: string,
    block: Block,
    place: Place,
    fields: Readonly<Record<string, unknown>> = {},
    iteration = '',
  ): Promise<void> {
    const { parentStepId, index, path } = place
    const ids = {
      step_id: this.stepId(place),
      ...(parentStepId !== undefined && { parent_step_id: parentStepId }),
    }
    const event = this.#event(name, ids, { step_name: block.name, step_index: index, ...fields })
    return this.run.emit(event, `${name}:${path}${iteration}`)
  }

  #event(name: string, ids: object, fields: object): ComposedEvent {
    return {
      created_at: nowSeconds(),
      event: name,
      workflow_id: this.workflow.id,
      workflow_name: this.workflow.name,
      session_id: this.run.sessionId,
      run_id: this.run.runId,
      ...ids,
      nested_depth: 0,
      ...fields,
    }
  }

  /** Content of the previous step, else the workflow's input. As in Agno's `_prepare_message`. */
  messageFor(input: StepInput): unknown {
    const last = [...input.outputs.values()].at(-1)
    const content = last && deepestContent(last)
    return content === undefined || contentText(content) === '' ? this.run.input : content
  }

  /** Returns a decision from the journal, or makes it and stores it: a replayed run decides the same way. */
  async decide<Value>(place: Place, kind: string, make: () => Promise<Value>): Promise<Value> {
    const key = `choice:${place.path}${kind}`
    const before = this.run.journal.get(key)
    if (before) return before['value'] as Value
    const value = await make()
    await this.run.journal.put(key, { value })
    return value
  }
}

/** The input for the block after this one. */
function withOutput(input: StepInput, output: StepOutput): StepInput {
  const outputs = new Map(input.outputs)
  // Deletes the key first, so that the latest output is last, also in later iterations of a loop.
  outputs.delete(output.step_name)
  outputs.set(output.step_name, output)
  return { ...input, outputs }
}
