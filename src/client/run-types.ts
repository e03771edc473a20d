/** Types of the options and outputs of runs. Outputs are the wire objects: snake_case, unknown members kept. */
import type { RunStatus, ToolExecution } from '../agentos/run-output.ts'
import type { CallOptions } from './agentos-api.ts'
import type { FileMedia, Media } from './media.ts'

export type { RunStatus, ToolExecution } from '../agentos/run-output.ts'

/** Text is sent unchanged; any other value as JSON text, as in Agno's `serialize_input`. */
export type RunInput = string | object

/** Options of every run. Only options that are set are sent. */
export interface CommonRunOptions extends CallOptions {
  readonly userId?: string | undefined
  /** Default: AgentOS creates one. */
  readonly sessionId?: string | undefined
  readonly sessionState?: Readonly<Record<string, unknown>> | undefined
  readonly images?: readonly Media[] | undefined
  readonly audio?: readonly Media[] | undefined
  readonly videos?: readonly Media[] | undefined
  /** Files with bytes are uploaded (agents and teams), or described in JSON (workflows). */
  readonly files?: readonly FileMedia[] | undefined
  readonly streamEvents?: boolean | undefined
  /** The run continues when the connection ends. Without a stream the response comes at once, with status `PENDING`. */
  readonly background?: boolean | undefined
  /** JSON Schema of the output's content. */
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined
  /** AgentOS keeps `outputSchema` as a dict instead of a model class. */
  readonly useJsonSchema?: boolean | undefined
  /** Version of the component; default: the current one. */
  readonly version?: number | undefined
  readonly factoryInput?: Readonly<Record<string, unknown>> | undefined
  /** More form fields with AgentOS's names, for arguments without an option here. They replace options. */
  readonly extraFields?: Readonly<Record<string, unknown>> | undefined
}

/** Options of a run of an agent or a team. */
export interface RunOptions extends CommonRunOptions {
  /** Number of retries when the model fails. */
  readonly retries?: number | undefined
  readonly knowledgeFilters?: Readonly<Record<string, unknown>> | readonly unknown[] | undefined
  readonly addHistoryToContext?: boolean | undefined
  readonly addDependenciesToContext?: boolean | undefined
  readonly addSessionStateToContext?: boolean | undefined
  readonly dependencies?: Readonly<Record<string, unknown>> | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** Options of a run of a workflow. */
export interface WorkflowRunOptions extends CommonRunOptions {
  readonly additionalData?: Readonly<Record<string, unknown>> | undefined
  /** Id of the new run. Default: AgentOS creates one. */
  readonly runId?: string | undefined
}

/** Options for continuing a paused run. */
export interface ContinueOptions extends CallOptions {
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  readonly background?: boolean | undefined
  /** More form fields with AgentOS's names: `input`, `continue_from`, `fork` … */
  readonly extraFields?: Readonly<Record<string, unknown>> | undefined
}

/** Options for following a background run. */
export interface ResumeOptions extends CallOptions {
  /** `event_index` of the last known event; the stream starts after it. Default: from the first event. */
  readonly lastEventIndex?: number | undefined
  readonly sessionId?: string | undefined
}

/** Requests the whole output. */
export interface WholeAnswer {
  readonly stream?: false | undefined
}

/** Requests the events as they happen. */
export interface StreamedAnswer {
  readonly stream: true
}

/** A requirement of a paused run. */
export interface RunRequirement {
  id?: string
  tool_execution?: ToolExecution | null
  confirmation?: boolean | null
  confirmation_note?: string | null
  external_execution_result?: string | null
  member_agent_id?: string | null
  member_run_id?: string | null
  [key: string]: unknown
}

/** A requirement of a paused workflow. */
export interface StepRequirement {
  step_id?: string | null
  step_name?: string | null
  confirmed?: boolean | null
  [key: string]: unknown
}

/** Members of every output. */
interface AnyRunOutput {
  run_id?: string | null
  session_id?: string | null
  user_id?: string | null
  parent_run_id?: string | null
  /** Text, or an object for a run with an output schema. */
  content?: unknown
  content_type?: string
  status?: RunStatus
  metrics?: Record<string, unknown> | null
  metadata?: Record<string, unknown> | null
  images?: Record<string, unknown>[] | null
  videos?: Record<string, unknown>[] | null
  audio?: Record<string, unknown>[] | null
  files?: Record<string, unknown>[] | null
  response_audio?: Record<string, unknown> | null
  events?: Record<string, unknown>[] | null
  /** Seconds since 1970. */
  created_at?: number
  [key: string]: unknown
}

/** Members of the outputs of agents and teams. */
interface ModelRunOutput extends AnyRunOutput {
  model?: string | null
  model_provider?: string | null
  messages?: Record<string, unknown>[] | null
  reasoning_content?: string | null
  tools?: ToolExecution[] | null
  requirements?: RunRequirement[] | null
  session_state?: Record<string, unknown> | null
  citations?: Record<string, unknown> | null
  references?: Record<string, unknown>[] | null
  followups?: string[] | null
}

/** Output of an agent. */
export interface RunOutput extends ModelRunOutput {
  agent_id?: string | null
  agent_name?: string | null
}

/** Output of a team. */
export interface TeamRunOutput extends ModelRunOutput {
  team_id?: string | null
  team_name?: string | null
  member_responses?: (TeamRunOutput | RunOutput)[]
}

/** Output of a workflow. */
export interface WorkflowRunOutput extends AnyRunOutput {
  workflow_id?: string | null
  workflow_name?: string | null
  input?: unknown
  step_results?: (Record<string, unknown> | Record<string, unknown>[])[]
  step_executor_runs?: (RunOutput | TeamRunOutput)[] | null
  step_requirements?: StepRequirement[] | null
  paused_step_index?: number | null
  paused_step_name?: string | null
}
