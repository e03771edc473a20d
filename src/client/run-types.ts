/** What runs are given and what they answer. Outputs are the objects of the wire: snake_case, unknown members kept. */
import type { RunStatus, ToolExecution } from '../agentos/run-output.ts'
import type { CallOptions } from './agentos-api.ts'
import type { FileMedia, Media } from './media.ts'

export type { RunStatus, ToolExecution } from '../agentos/run-output.ts'

/** Text as it is; anything else goes as JSON text, as Agno's `serialize_input` makes it. */
export type RunInput = string | object

/** What every run takes. Only what is given is sent. */
export interface CommonRunOptions extends CallOptions {
  readonly userId?: string | undefined
  /** Default: AgentOS makes one. */
  readonly sessionId?: string | undefined
  readonly sessionState?: Readonly<Record<string, unknown>> | undefined
  readonly images?: readonly Media[] | undefined
  readonly audio?: readonly Media[] | undefined
  readonly videos?: readonly Media[] | undefined
  /** With bytes they are uploaded (agents and teams), else described in JSON. */
  readonly files?: readonly FileMedia[] | undefined
  readonly streamEvents?: boolean | undefined
  /** Goes on when the connection ends. Without a stream the answer comes at once, with status `PENDING`. */
  readonly background?: boolean | undefined
  /** JSON Schema of the content wanted. */
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined
  /** Keeps `outputSchema` as a dict on the other side instead of making a model class of it. */
  readonly useJsonSchema?: boolean | undefined
  /** Version of the component; default the current one. */
  readonly version?: number | undefined
  readonly factoryInput?: Readonly<Record<string, unknown>> | undefined
  /** Further form fields by their wire names, for run arguments that have no option here. They win over options. */
  readonly extraFields?: Readonly<Record<string, unknown>> | undefined
}

/** Options of a run of an agent or a team. */
export interface RunOptions extends CommonRunOptions {
  /** How often the other side tries again when its model fails. */
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
  /** Id of the new run. Default: AgentOS makes one. */
  readonly runId?: string | undefined
}

/** Options of going on with a paused run. */
export interface ContinueOptions extends CallOptions {
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  readonly background?: boolean | undefined
  /** Further form fields by their wire names: `input`, `continue_from`, `fork` … */
  readonly extraFields?: Readonly<Record<string, unknown>> | undefined
}

/** Options of following a run that goes on in the background. */
export interface ResumeOptions extends CallOptions {
  /** `event_index` of the last event seen; the stream starts behind it. Default: from the first. */
  readonly lastEventIndex?: number | undefined
  readonly sessionId?: string | undefined
}

/** The answer as a whole. */
export interface WholeAnswer {
  readonly stream?: false | undefined
}

/** The answer as events, while they happen. */
export interface StreamedAnswer {
  readonly stream: true
}

/** What a paused run waits for. */
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

/** What a paused workflow waits for. */
export interface StepRequirement {
  step_id?: string | null
  step_name?: string | null
  confirmed?: boolean | null
  [key: string]: unknown
}

/** Members that outputs of every kind share. */
interface AnyRunOutput {
  run_id?: string | null
  session_id?: string | null
  user_id?: string | null
  parent_run_id?: string | null
  /** Text, or an object where an output schema was asked for. */
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

/** Members that outputs of agents and teams share. */
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

/** Answer of an agent. */
export interface RunOutput extends ModelRunOutput {
  agent_id?: string | null
  agent_name?: string | null
}

/** Answer of a team. */
export interface TeamRunOutput extends ModelRunOutput {
  team_id?: string | null
  team_name?: string | null
  member_responses?: (TeamRunOutput | RunOutput)[]
}

/** Answer of a workflow. */
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
