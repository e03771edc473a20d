/** RemoteWorkflow: runs a workflow of another AgentOS, with the interface of Agno's class. */
import type { ComponentCard, RemoteBinding } from '../remote/base-remote.ts'
import type { CallOptions } from './agentos-api.ts'
import type { RunStream } from './component-remote.ts'
import { ComponentRemote, subPath } from './component-remote.ts'
import type { WorkflowRunEvent } from './run-events.ts'
import { continueForm } from './run-form.ts'
import type {
  ContinueOptions,
  StepRequirement,
  StreamedAnswer,
  WholeAnswer,
  WorkflowRunOptions,
  WorkflowRunOutput,
} from './run-types.ts'
import type { RemoteOptions } from './standalone.ts'
import { standaloneBinding } from './standalone.ts'

/** Parameters of {@link RemoteWorkflow}, as Agno's. */
export interface RemoteWorkflowOptions extends RemoteOptions {
  /** Id of the workflow on the AgentOS. */
  readonly workflowId: string
}

/** A workflow's config. @see AgentOS `GET /workflows/{workflow_id}` */
export interface WorkflowConfig extends ComponentCard {
  readonly input_schema?: Readonly<Record<string, unknown>> | null
  readonly steps?: readonly Readonly<Record<string, unknown>>[] | null
}

/** A workflow on another AgentOS, with the interface of Agno's `RemoteWorkflow`. */
export class RemoteWorkflow extends ComponentRemote<
  WorkflowConfig,
  WorkflowRunOutput,
  WorkflowRunEvent,
  WorkflowRunOptions
> {
  constructor(options: RemoteWorkflowOptions | RemoteBinding) {
    super(
      'workflows',
      'upstream' in options ? options : standaloneBinding(options, options.workflowId, 300_000),
    )
  }

  /** Fetches the config without the cache, which stays unchanged. @throws as {@link run} */
  getWorkflowConfig(options?: CallOptions): Promise<WorkflowConfig> {
    return this.freshConfig(options)
  }

  /**
   * Continues a paused run, as Agno's `acontinue_run`.
   *
   * @param run id of the run, or the paused output, which has its session and requirements
   * @param stepRequirements requirements of the paused run with their answers. Default: the output's, else none.
   * @throws as {@link run}; {@link TypeError} for an output without `run_id`
   */
  continueRun(
    run: string | WorkflowRunOutput,
    stepRequirements: readonly StepRequirement[] | undefined,
    options: ContinueOptions & StreamedAnswer,
  ): RunStream<WorkflowRunEvent>
  continueRun(
    run: string | WorkflowRunOutput,
    stepRequirements?: readonly StepRequirement[],
    options?: ContinueOptions & WholeAnswer,
  ): Promise<WorkflowRunOutput>
  continueRun(
    run: string | WorkflowRunOutput,
    stepRequirements?: readonly StepRequirement[],
    options: ContinueOptions & (StreamedAnswer | WholeAnswer) = {},
  ): RunStream<WorkflowRunEvent> | Promise<WorkflowRunOutput> {
    const paused: WorkflowRunOutput = typeof run === 'string' ? { run_id: run } : run
    if (!paused.run_id)
      throw new TypeError('the paused output has no run_id, which is required to continue it')
    const isStream = options.stream === true
    const requirements = stepRequirements ?? paused.step_requirements ?? []
    const sessionId = options.sessionId ?? paused.session_id ?? undefined
    const form = continueForm('step_requirements', requirements, isStream, {
      ...options,
      sessionId,
    })
    return this.answer(`${subPath(paused.run_id)}/continue`, () => form, isStream, options)
  }
}
