/**
 * Types of the parameters and results of AgentOS's data routes. Results are the wire objects; unknown members are kept.
 */
import type { CallOptions } from './agentos-api.ts'

type Dict = Record<string, unknown>

/** One page of a list. */
export interface Page<Item> {
  data: Item[]
  meta: {
    page: number
    limit: number
    total_pages: number
    total_count: number
    search_time_ms?: number
    [key: string]: unknown
  }
}

/** Options of every call about a database. */
export interface TableOptions extends CallOptions {
  /** Table in the database. Default: the one that AgentOS uses. */
  readonly table?: string | undefined
}

/** The page of a list. */
export interface PageOptions {
  /** Items per page. Default 20. */
  readonly limit?: number | undefined
  /** Page number from 1. Default 1. */
  readonly page?: number | undefined
}

/** The order of a list. */
export interface SortOptions {
  /** Default `created_at`; `updated_at` for memories. */
  readonly sortBy?: string | undefined
  /** Default `desc`. */
  readonly sortOrder?: 'asc' | 'desc' | undefined
}

/** The user whose items are returned. Default: all items that the token may read. */
export interface OwnerOptions {
  readonly userId?: string | undefined
}

/** The component or user that items belong to. */
export interface ComponentOptions {
  readonly agentId?: string | undefined
  readonly teamId?: string | undefined
  readonly workflowId?: string | undefined
}

export type SessionType = 'agent' | 'team' | 'workflow'

/** Options of calls about one session. */
export interface SessionOptions extends TableOptions, OwnerOptions {
  /** Default: AgentOS finds it. */
  readonly sessionType?: SessionType | undefined
}

export interface ListSessionsOptions extends SessionOptions, PageOptions, SortOptions {
  readonly componentId?: string | undefined
  readonly sessionName?: string | undefined
}

export interface SessionRunsOptions extends SessionOptions {
  /** Seconds since 1970. */
  readonly createdAfter?: number | undefined
  /** Seconds since 1970. */
  readonly createdBefore?: number | undefined
  /** Matches any of these, in upper or lower case. */
  readonly status?: readonly string[] | undefined
}

export interface CreateSessionOptions extends CallOptions, OwnerOptions, ComponentOptions {
  /** Default `agent`. */
  readonly sessionType?: SessionType | undefined
  readonly sessionId?: string | undefined
  readonly sessionName?: string | undefined
  readonly sessionState?: Readonly<Dict> | undefined
  readonly metadata?: Readonly<Dict> | undefined
}

export interface UpdateSessionOptions extends SessionOptions {
  readonly sessionName?: string | undefined
  readonly sessionState?: Readonly<Dict> | undefined
  readonly metadata?: Readonly<Dict> | undefined
  readonly summary?: Readonly<Dict> | undefined
}

/** A session in a list, or in full: then with `chat_history` and the members of its kind. */
export interface Session {
  session_id: string
  session_name?: string
  session_type?: string | null
  session_state?: Dict | null
  session_summary?: Dict | null
  user_id?: string | null
  agent_id?: string | null
  team_id?: string | null
  workflow_id?: string | null
  metrics?: Dict | null
  metadata?: Dict | null
  chat_history?: Dict[] | null
  total_tokens?: number | null
  created_at?: string | null
  updated_at?: string | null
  [key: string]: unknown
}

/** A stored run of a session. */
export interface SessionRun {
  run_id: string
  parent_run_id?: string | null
  agent_id?: string | null
  team_id?: string | null
  workflow_id?: string | null
  status?: string | null
  run_input?: unknown
  content?: unknown
  metrics?: Dict | null
  messages?: Dict[] | null
  events?: Dict[] | null
  created_at?: string | number | null
  [key: string]: unknown
}

export interface ListMemoriesOptions extends TableOptions, OwnerOptions, PageOptions, SortOptions {
  readonly agentId?: string | undefined
  readonly teamId?: string | undefined
  readonly topics?: readonly string[] | undefined
  readonly searchContent?: string | undefined
}

export interface Memory {
  memory_id: string
  memory: string
  topics?: string[] | null
  agent_id?: string | null
  team_id?: string | null
  user_id?: string | null
  updated_at?: string | null
  [key: string]: unknown
}

/** Members of a new memory. */
export interface MemoryContent {
  readonly memory: string
  readonly userId?: string | undefined
  readonly topics?: readonly string[] | undefined
}

export interface UserMemoryStats {
  user_id: string
  total_memories: number
  last_memory_updated_at?: string | null
  [key: string]: unknown
}

export interface OptimizeMemoriesOptions extends TableOptions {
  readonly userId: string
  /** `provider:id`. Default: the AgentOS's model. */
  readonly model?: string | undefined
  /** False only returns the result without storing it. Default true. */
  readonly apply?: boolean | undefined
}

export interface OptimizedMemories {
  memories: Memory[]
  memories_before: number
  memories_after: number
  tokens_before: number
  tokens_after: number
  tokens_saved: number
  reduction_percentage: number
  [key: string]: unknown
}

/** Time range of traces, as ISO 8601 texts. */
interface TimeOptions {
  readonly startTime?: string | undefined
  readonly endTime?: string | undefined
}

export interface TraceStatsOptions
  extends CallOptions,
    OwnerOptions,
    ComponentOptions,
    PageOptions,
    TimeOptions {}

export interface ListTracesOptions extends TraceStatsOptions {
  readonly runId?: string | undefined
  readonly sessionId?: string | undefined
  readonly status?: string | undefined
}

export interface SearchTracesOptions extends CallOptions, PageOptions {
  /** Filter expression. @see AgentOS `GET /traces/filter-schema` */
  readonly filter?: Readonly<Dict> | undefined
  /** `session` returns {@link TraceSessionStats}. Default `run`. */
  readonly groupBy?: 'run' | 'session' | undefined
}

/** A trace. `tree` and `output` only for a single trace or a search. */
export interface Trace {
  trace_id: string
  name: string
  status: string
  duration: string
  start_time: string
  end_time: string
  total_spans: number
  error_count: number
  run_id?: string | null
  session_id?: string | null
  user_id?: string | null
  tree?: TraceNode[]
  [key: string]: unknown
}

/** A span with its children. */
export interface TraceNode {
  id: string
  name: string
  type: string
  duration: string
  status: string
  spans?: TraceNode[] | null
  [key: string]: unknown
}

export interface TraceSessionStats {
  session_id: string
  total_traces: number
  first_trace_at: string
  last_trace_at: string
  [key: string]: unknown
}

export type EvalType = 'accuracy' | 'agent_as_judge' | 'performance' | 'reliability'

export interface ListEvalRunsOptions
  extends TableOptions,
    ComponentOptions,
    PageOptions,
    SortOptions {
  readonly modelId?: string | undefined
  readonly filterType?: SessionType | undefined
  readonly evalTypes?: readonly EvalType[] | undefined
}

export interface CreateEvalRunOptions extends TableOptions {
  readonly evalType: EvalType
  readonly input: string
  readonly agentId?: string | undefined
  readonly teamId?: string | undefined
  readonly modelId?: string | undefined
  readonly modelProvider?: string | undefined
  readonly name?: string | undefined
  readonly expectedOutput?: string | undefined
  readonly expectedToolCalls?: readonly string[] | undefined
  /** Default false. */
  readonly allowAdditionalToolCalls?: boolean | undefined
  readonly expectedToolCallArguments?: Readonly<Dict> | undefined
  /** Default 1. */
  readonly numIterations?: number | undefined
  readonly additionalGuidelines?: string | undefined
  readonly additionalContext?: string | undefined
  readonly criteria?: string | undefined
  readonly scoringStrategy?: 'numeric' | 'binary' | undefined
  readonly threshold?: number | undefined
  /** Default 0. */
  readonly warmupRuns?: number | undefined
}

export interface EvalRun {
  id: string
  eval_type: string
  eval_data: Dict
  eval_input?: Dict | null
  name?: string | null
  agent_id?: string | null
  team_id?: string | null
  workflow_id?: string | null
  model_id?: string | null
  [key: string]: unknown
}

export interface MetricsOptions extends TableOptions, OwnerOptions {
  /** Day; the UTC day of a Date. */
  readonly startingDate?: Date | string | undefined
  /** Day; the UTC day of a Date. */
  readonly endingDate?: Date | string | undefined
}

export interface DayMetrics {
  id: string
  date: string
  token_metrics: Dict
  model_metrics: Dict[]
  [key: string]: unknown
}

export interface Metrics {
  metrics: DayMetrics[]
  updated_at?: string | null
  [key: string]: unknown
}

export interface MetricsRefresh {
  /** `idle`, `running`, `completed` or `failed`. */
  status: string
  message?: string | null
  error?: string | null
  [key: string]: unknown
}

export interface ListLearningsOptions extends TableOptions, OwnerOptions, PageOptions, SortOptions {
  readonly learningType?: string | undefined
  readonly agentId?: string | undefined
  readonly teamId?: string | undefined
  readonly sessionId?: string | undefined
  readonly namespace?: string | undefined
  readonly entityId?: string | undefined
  readonly entityType?: string | undefined
}

/** Members of a new learning. */
export interface LearningContent extends OwnerOptions {
  readonly learningType: string
  readonly content: Readonly<Dict>
  readonly namespace?: string | undefined
  readonly agentId?: string | undefined
  readonly teamId?: string | undefined
  readonly sessionId?: string | undefined
  readonly entityId?: string | undefined
  readonly entityType?: string | undefined
  readonly metadata?: Readonly<Dict> | undefined
}

export interface Learning {
  learning_id: string
  learning_type: string
  content?: Dict | null
  user_id?: string | null
  [key: string]: unknown
}
