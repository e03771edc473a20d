/**
 * Types of the events of streamed runs: the wire objects, distinguished by `event`. Unknown events are {@link
 * UnknownEvent}; unknown members of known events are kept.
 */
import type { ServerSentEvent } from '../relay/event-stream-parser.ts'
import type {
  RunRequirement,
  StepRequirement,
  ToolExecution,
  WorkflowRunOutput,
} from './run-types.ts'

/** Key of the {@link ServerSentEvent} of an event. Not enumerable: `JSON.stringify` gives the wire object. */
export const rawEvent: unique symbol = Symbol('agentos.rawEvent')

/** Members of every event. */
export interface EventBase {
  readonly [rawEvent]: ServerSentEvent
  /** Position in the run, from 0, for `resumeRun`. Only in background and continued runs. */
  event_index?: number | null
  /** Seconds since 1970. */
  created_at?: number
  run_id?: string | null
  parent_run_id?: string | null
  session_id?: string | null
  agent_id?: string
  agent_name?: string
  team_id?: string
  team_name?: string
  workflow_id?: string | null
  workflow_name?: string | null
  workflow_run_id?: string | null
  step_id?: string | null
  step_name?: string | null
  step_index?: number | number[] | null
  nested_depth?: number
  content?: unknown
  [key: string]: unknown
}

/** Makes a union of events from a map of names to members. */
type EventsOf<Members> = {
  [Name in keyof Members & string]: EventBase & { event: Name } & Members[Name]
}[keyof Members & string]

type Nothing = Record<never, never>
type Dict = Record<string, unknown>

interface Content {
  content?: unknown
  content_type?: string
  reasoning_content?: string | null
}
interface Products {
  images?: Dict[] | null
  videos?: Dict[] | null
  audio?: Dict[] | null
  files?: Dict[] | null
}
interface Model {
  model?: string | null
  model_provider?: string | null
}
interface Failure {
  content?: string | null
  error_type?: string | null
  error_id?: string | null
  additional_data?: Dict | null
}

/** Events of agents. Teams have the same events with names that start with `Team`. */
interface SharedMembers {
  RunStarted: Model
  RunContent: Content & {
    citations?: Dict | null
    image?: Dict | null
    response_audio?: Dict | null
  }
  RunContentCompleted: Nothing
  RunIntermediateContent: Content
  RunCompleted: Content &
    Products & { metadata?: Dict | null; metrics?: Dict | null; session_state?: Dict | null }
  RunError: Failure
  RunCancelled: { reason?: string | null }
  RunPaused: { tools?: ToolExecution[] | null; requirements?: RunRequirement[] | null }
  RunContinued: Nothing
  PreHookStarted: { pre_hook_name?: string | null; run_input?: Dict | null }
  PreHookCompleted: { pre_hook_name?: string | null; run_input?: Dict | null }
  PostHookStarted: { post_hook_name?: string | null }
  PostHookCompleted: { post_hook_name?: string | null }
  ToolCallStarted: { tool?: ToolExecution | null }
  ToolCallCompleted: Products & { tool?: ToolExecution | null; content?: unknown }
  ToolCallError: { tool?: ToolExecution | null; error?: string | null }
  ReasoningStarted: Nothing
  ReasoningStep: Content
  ReasoningContentDelta: { reasoning_content?: string }
  ReasoningCompleted: Content
  MemoryUpdateStarted: Nothing
  MemoryUpdateCompleted: { memories?: Dict[] | null }
  SessionSummaryStarted: Nothing
  SessionSummaryCompleted: { session_summary?: Dict | null }
  ParserModelResponseStarted: Nothing
  ParserModelResponseCompleted: Nothing
  OutputModelResponseStarted: Nothing
  OutputModelResponseCompleted: Nothing
  ModelRequestStarted: Model
  ModelRequestCompleted: Model & {
    input_tokens?: number | null
    output_tokens?: number | null
    total_tokens?: number | null
    /** Seconds. */
    time_to_first_token?: number | null
    reasoning_tokens?: number | null
    cache_read_tokens?: number | null
    cache_write_tokens?: number | null
  }
  CompressionStarted: Nothing
  CompressionCompleted: { original_size?: number | null; compressed_size?: number | null }
  FollowupsStarted: Nothing
  FollowupsCompleted: { followups?: string[] | null }
}

interface AgentMembers extends SharedMembers {
  CompactionStarted: Nothing
  CompactionCompleted: { tokens_before?: number | null; tokens_after?: number | null }
  CustomEvent: { tool_call_id?: string | null }
}

type TeamMembers = { [Name in keyof SharedMembers as `Team${Name}`]: SharedMembers[Name] } & {
  TeamTaskIterationStarted: { iteration?: number; max_iterations?: number }
  TeamTaskIterationCompleted: {
    iteration?: number
    max_iterations?: number
    task_summary?: string | null
  }
  TeamTaskStateUpdated: { task_summary?: string | null; goal_complete?: boolean; tasks?: Dict[] }
  TeamTaskCreated: { task_id?: string; title?: string; description?: string; status?: string }
  TeamTaskUpdated: { task_id?: string; title?: string; status?: string; result?: string | null }
}

interface Results {
  step_results?: (Dict | Dict[])[]
}

interface WorkflowMembers {
  WorkflowStarted: Nothing
  WorkflowCompleted: Content &
    Results & {
      metadata?: Dict | null
      metrics?: Dict | null
      run_output?: WorkflowRunOutput | null
    }
  WorkflowPaused: Results & {
    status?: string | null
    paused_step_index?: number | null
    paused_step_name?: string | null
    pause_kind?: string | null
    step_requirements?: StepRequirement[] | null
  }
  WorkflowCancelled: { reason?: string | null }
  WorkflowError: Failure & { error?: string | null }
  WorkflowAgentStarted: Nothing
  WorkflowAgentCompleted: Nothing
  StepStarted: Nothing
  StepProgress: { attempt?: number; data?: Dict | null }
  StepCompleted: Content & Products & { step_response?: Dict | null }
  StepPaused: {
    requires_confirmation?: boolean
    confirmation_message?: string | null
    requires_user_input?: boolean
    user_input_message?: string | null
    user_input_schema?: Dict[] | null
  }
  StepContinued: Nothing
  StepExecutorPaused: { executor_id?: string | null; executor_requirements?: Dict[] | null }
  StepExecutorContinued: { executor_id?: string | null }
  StepOutputReview: { output_review_message?: string | null }
  StepError: { error?: string | null }
  StepOutput: { step_output?: Dict | null }
  LoopExecutionStarted: { max_iterations?: number | null }
  LoopIterationStarted: { iteration?: number; max_iterations?: number | null }
  LoopIterationCompleted: { iteration?: number; should_continue?: boolean }
  LoopExecutionCompleted: { total_iterations?: number }
  ParallelExecutionStarted: { parallel_step_count?: number | null }
  ParallelExecutionCompleted: Results & { parallel_step_count?: number | null }
  ConditionExecutionStarted: { condition_result?: boolean | null }
  ConditionExecutionCompleted: Results & {
    condition_result?: boolean | null
    branch?: string | null
  }
  ConditionPaused: Nothing
  RouterExecutionStarted: { selected_steps?: string[] }
  RouterExecutionCompleted: Results & { selected_steps?: string[] }
  RouterPaused: { available_choices?: string[]; allow_multiple_selections?: boolean }
  StepsExecutionStarted: { steps_count?: number | null }
  StepsExecutionCompleted: Results & { steps_count?: number | null }
}

/** Events of `resumeRun` about the stream itself. */
interface ResumeMembers {
  /** The run continues; the missed events follow. */
  catch_up: { status?: string; missed_events?: number; current_event_count?: number }
  /** The run has ended; its events follow. */
  replay: { status?: string; total_events?: number }
  /** Live events follow. */
  subscribed: { status?: string; current_event_count?: number }
}

type NamesIn<Members> = { [Name in keyof Members]: keyof Members[Name] }[keyof Members]
type KnownMember = NamesIn<AgentMembers> | NamesIn<TeamMembers> | NamesIn<WorkflowMembers>

/**
 * An event that this version does not know. Members of known events count as absent here, so that `event` still narrows a
 * union. Read such a member from the event as a `Record<string, unknown>`.
 */
export type UnknownEvent = EventBase & { event: string } & {
  [Name in Exclude<KnownMember, 'content'>]?: undefined
}

/** An event of an agent's run. */
export type RunEvent = EventsOf<AgentMembers> | EventsOf<ResumeMembers> | UnknownEvent
/** An event of a team's run: of the team, or of a member. */
export type TeamRunEvent = EventsOf<TeamMembers> | RunEvent
/** An event of a workflow's run: of the workflow, or of an agent or team in it. */
export type WorkflowRunEvent = EventsOf<WorkflowMembers> | TeamRunEvent

/** The wire object of one event. Data that is no JSON object becomes the `content` of an event with that name. */
export function runEvent<Event extends EventBase>(raw: ServerSentEvent): Event {
  const parsed = jsonIn(raw.data)
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  const event = isObject ? (parsed as Dict) : { content: parsed }
  if (typeof event['event'] !== 'string') event['event'] = raw.event
  return eventOf(event, raw)
}

/** The event with these members, which must name it. Changes `members`. */
export function eventOf<Event extends EventBase>(members: Dict, raw: ServerSentEvent): Event {
  Object.defineProperty(members, rawEvent, { value: raw })
  return members as unknown as Event
}

function jsonIn(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}
