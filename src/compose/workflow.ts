/** Defines a workflow with members on any AgentOS, with the interface of `RemoteWorkflow`. */
import { placeholderIssues } from '../../config/placeholders.ts'
import type { ComposedOptions, RunResult } from './composed-component.ts'
import { ComposedComponent } from './composed-component.ts'
import type { ComposedRun } from './composed-run.ts'
import { isSuspension, RunStopped } from './composed-run.ts'
import type { Block, BlockLike } from './definition.ts'
import { allBlocks, toBlock } from './definition.ts'
import type { MemberOutput } from './member.ts'
import { PAUSED_OUTPUT } from './member-run.ts'
import type { StepOutput } from './output.ts'
import { contentType, deepestContent } from './output.ts'
import { WorkflowExecution } from './workflow-execution.ts'
import { endedOutput, metricsOf, pausedOutput, pauseFields } from './workflow-output.ts'

/** Parameters of {@link Workflow}. */
export interface WorkflowOptions extends ComposedOptions {
  readonly steps: readonly BlockLike[]
}

/** The definition of a workflow is invalid. */
export class WorkflowDefinitionError extends Error {
  override readonly name = 'WorkflowDefinitionError'
}

/**
 * Runs blocks over members.
 *
 * @example
 * const workflow = new Workflow({
 *   id: 'article',
 *   steps: [step('facts', researcher), parallel('views', [step('pro', a), step('con', b)])],
 * })
 * const output = await workflow.run('Saturn')
 */
export class Workflow extends ComposedComponent {
  readonly kind = 'workflows'
  readonly steps: readonly Block[]

  /**
   * @throws {WorkflowDefinitionError} without steps, when two steps have the same name, or for an unknown placeholder in an
   *   input
   */
  constructor(options: WorkflowOptions) {
    super(options)
    this.steps = options.steps.map(toBlock)
    if (this.steps.length === 0) throw new WorkflowDefinitionError(`${this.id} has no steps`)
    const names = new Set<string>()
    for (const { name } of allBlocks(this.steps)) {
      if (names.has(name)) {
        throw new WorkflowDefinitionError(`${this.id} has two steps named '${name}'`)
      }
      names.add(name)
    }
    for (const block of allBlocks(this.steps)) {
      if (block.type !== 'Step' || block.input === undefined) continue
      const userInput = new Set(block.userInput?.fields.map(({ name }) => name))
      const [issue] = placeholderIssues(block.input, { steps: names, userInput })
      if (issue) throw new WorkflowDefinitionError(`${this.id}, step '${block.name}': ${issue}`)
    }
  }

  protected async perform(run: ComposedRun): Promise<RunResult> {
    const execution = new WorkflowExecution(this, run)
    const state = structuredClone({ ...run.options.sessionState })
    const outputs: StepOutput[] = []
    await execution.emitEvent('WorkflowStarted', {})
    const start = { outputs: new Map(), state, signal: run.signal }
    let output: MemberOutput
    try {
      const placeOf = (index: number) => ({ path: String(index), index })
      const { failed, isPaused } = await execution.sequence(this.steps, start, placeOf, outputs)
      if (isPaused) {
        run.signal.throwIfAborted()
        output = await this.#paused(execution, outputs)
      } else {
        output = failed
          ? await this.#failed(execution, outputs, failed.error ?? `${failed.step_name} failed`)
          : await this.#completed(execution, outputs)
      }
    } catch (error) {
      if (isSuspension(error)) throw error
      output =
        error instanceof RunStopped && error.reason !== 'deadline'
          ? await this.#cancelled(execution, outputs, error)
          : await this.#failed(execution, outputs, this.#errorText(error))
    }
    return { output, sessionState: state }
  }

  async #completed(
    execution: WorkflowExecution,
    outputs: readonly StepOutput[],
  ): Promise<MemberOutput> {
    const last = outputs.at(-1)
    const content = last === undefined ? null : deepestContent(last)
    const metrics = metricsOf(execution, outputs)
    await execution.emitEvent('WorkflowCompleted', {
      content,
      content_type: contentType(content),
      metadata: {},
      metrics,
      step_results: outputs,
      step_executor_runs: execution.memberRuns,
    })
    return endedOutput(execution, outputs, 'COMPLETED', content)
  }

  /** Ends this part of the run: `WorkflowPaused`, and as AgentOS the output once more. */
  async #paused(
    execution: WorkflowExecution,
    outputs: readonly StepOutput[],
  ): Promise<MemberOutput> {
    const { run, pauses, memberRuns } = execution
    // A reviewed output is shown; a block that waits has none.
    const reviewed = pauses.find(({ place }) => !place.path.includes('/'))?.reviewed
    const done = [...outputs.filter((output) => !output.is_paused), ...(reviewed ? [reviewed] : [])]
    const pause = pauseFields(pauses)
    const step_requirements = pauses.map(({ requirement }) => requirement)
    const fields = { step_results: done, step_executor_runs: memberRuns, step_requirements }
    const { round } = run
    await execution.emitEvent(
      'WorkflowPaused',
      { ...pause, metadata: {}, ...fields },
      `paused~${round}`,
    )
    const output = pausedOutput(execution, done)
    await run.emit({ event: PAUSED_OUTPUT, ...output }, `output~${round}`)
    await run.pause()
    return output
  }

  async #failed(
    execution: WorkflowExecution,
    outputs: readonly StepOutput[],
    error: string,
  ): Promise<MemberOutput> {
    await execution.emitEvent('WorkflowError', { error })
    return endedOutput(execution, outputs, 'ERROR', error)
  }

  async #cancelled(
    execution: WorkflowExecution,
    outputs: readonly StepOutput[],
    stopped: RunStopped,
  ): Promise<MemberOutput> {
    const isRejected = stopped.reason === 'rejected'
    const reason = isRejected ? stopped.message : `Run ${execution.run.runId} was cancelled`
    await execution.emitEvent('WorkflowCancelled', { reason, content: reason })
    return endedOutput(execution, outputs, 'CANCELLED', reason)
  }

  #errorText(error: unknown): string {
    if (error instanceof RunStopped) {
      return `${this.name} did not end within its deadline of ${this.deadlineMs / 1000} s`
    }
    return error instanceof Error ? error.message : String(error)
  }
}
