/** Defines a workflow with members on any AgentOS, with the interface of `RemoteWorkflow`. */
import type { ComposedOptions, RunResult } from './composed-component.ts'
import { ComposedComponent } from './composed-component.ts'
import type { ComposedRun } from './composed-run.ts'
import { isSuspension, RunStopped } from './composed-run.ts'
import type { Block, BlockLike } from './definition.ts'
import { allBlocks, toBlock } from './definition.ts'
import type { MemberOutput } from './member.ts'
import type { StepOutput } from './output.ts'
import { contentType, deepestContent } from './output.ts'
import { WorkflowExecution } from './workflow-execution.ts'

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

  /** @throws {WorkflowDefinitionError} without steps, or when two steps have the same name */
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
  }

  protected async perform(run: ComposedRun): Promise<RunResult> {
    const execution = new WorkflowExecution(this, run)
    const state = structuredClone({ ...run.options.sessionState })
    const outputs: StepOutput[] = []
    await execution.tell('WorkflowStarted', {})
    const start = { outputs: new Map(), state, signal: run.signal }
    let output: MemberOutput
    try {
      const placeOf = (index: number) => ({ path: String(index), index })
      const { failed } = await execution.sequence(this.steps, start, placeOf, outputs)
      output = failed
        ? await this.#failed(execution, outputs, failed.error ?? `${failed.step_name} failed`)
        : await this.#completed(execution, outputs)
    } catch (error) {
      if (isSuspension(error)) throw error
      output =
        error instanceof RunStopped && error.reason !== 'deadline'
          ? await this.#cancelled(execution, outputs)
          : await this.#failed(execution, outputs, this.#wordsOf(error))
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
    await execution.tell('WorkflowCompleted', {
      content,
      content_type: contentType(content),
      metadata: {},
      metrics,
      step_results: outputs,
      step_executor_runs: execution.memberRuns,
    })
    return this.#output(execution, outputs, 'COMPLETED', content)
  }

  async #failed(
    execution: WorkflowExecution,
    outputs: readonly StepOutput[],
    error: string,
  ): Promise<MemberOutput> {
    await execution.tell('WorkflowError', { error })
    return this.#output(execution, outputs, 'ERROR', error)
  }

  async #cancelled(
    execution: WorkflowExecution,
    outputs: readonly StepOutput[],
  ): Promise<MemberOutput> {
    const reason = `Run ${execution.run.runId} was cancelled`
    await execution.tell('WorkflowCancelled', { reason, content: reason })
    return this.#output(execution, outputs, 'CANCELLED', reason)
  }

  #wordsOf(error: unknown): string {
    if (error instanceof RunStopped) {
      return `${this.name} did not end within its deadline of ${this.deadlineMs / 1000} s`
    }
    return error instanceof Error ? error.message : String(error)
  }

  /** The members and their order are AgentOS's. */
  #output(
    execution: WorkflowExecution,
    outputs: readonly StepOutput[],
    status: string,
    content: unknown,
  ): MemberOutput {
    const { run, memberRuns } = execution
    const media = (key: 'images' | 'videos' | 'audio' | 'files') =>
      outputs.flatMap((output) => (Array.isArray(output[key]) ? output[key] : []))
    return {
      input: run.input,
      content,
      content_type: contentType(content),
      workflow_id: this.id,
      workflow_name: this.name,
      run_id: run.runId,
      session_id: run.sessionId,
      ...(run.options.userId !== undefined && { user_id: run.options.userId }),
      created_at: run.createdAt,
      status,
      metadata: {},
      images: media('images'),
      videos: media('videos'),
      audio: media('audio'),
      files: media('files'),
      step_results: outputs,
      step_executor_runs: memberRuns,
      metrics: metricsOf(execution, outputs),
    }
  }
}

/** Metrics of each step by its name, and the duration of the run in seconds. As in Agno. */
function metricsOf({ run }: WorkflowExecution, outputs: readonly StepOutput[]) {
  const steps: Record<string, unknown> = {}
  const add = (output: StepOutput) => {
    for (const inner of output.steps ?? []) add(inner)
    const { step_name, executor_type, executor_name, metrics } = output
    if (output.steps || metrics === null) return
    steps[step_name] = { step_name, executor_type, executor_name, metrics }
  }
  for (const output of outputs) add(output)
  return { steps, duration: run.duration }
}
