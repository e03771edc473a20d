/** Reads and changes a database of another AgentOS through its routes. */
import { percentEncoded } from '../parameters/path.ts'
import type { AgentOSApi, CallBody, CallOptions } from './agentos-api.ts'
import { callOptions, parametersOf } from './agentos-api.ts'
import type { OsConfig } from './card.ts'
import { tableIn } from './card.ts'
import type * as t from './db-types.ts'

/** The database of a {@link RemoteDb}, and its table names in `/config`. */
export interface RemoteDbOptions {
  readonly id: string
  readonly api: AgentOSApi
  readonly sessionTableName?: string | undefined
  readonly knowledgeTableName?: string | undefined
  readonly memoryTableName?: string | undefined
  readonly learningsTableName?: string | undefined
  readonly metricsTableName?: string | undefined
  readonly evalTableName?: string | undefined
  readonly tracesTableName?: string | undefined
}

const NEWEST_FIRST = { limit: 20, page: 1, sortBy: 'created_at', sortOrder: 'desc' } as const
const FIRST_PAGE = { limit: 20, page: 1 } as const

/**
 * The interface of Agno's `RemoteDb`. Every request carries the id of the database. A remote's `db` returns one.
 *
 * Every method rejects with {@link AgentOSError} when the AgentOS refuses and with {@link GatewayError} without a response.
 */
export class RemoteDb {
  readonly id: string
  readonly sessionTableName: string | undefined
  readonly knowledgeTableName: string | undefined
  readonly memoryTableName: string | undefined
  readonly learningsTableName: string | undefined
  readonly metricsTableName: string | undefined
  readonly evalTableName: string | undefined
  readonly tracesTableName: string | undefined
  readonly #api: AgentOSApi

  constructor(options: RemoteDbOptions) {
    this.id = options.id
    this.#api = options.api
    this.sessionTableName = options.sessionTableName
    this.knowledgeTableName = options.knowledgeTableName
    this.memoryTableName = options.memoryTableName
    this.learningsTableName = options.learningsTableName
    this.metricsTableName = options.metricsTableName
    this.evalTableName = options.evalTableName
    this.tracesTableName = options.tracesTableName
  }

  /** A database with the table names in an AgentOS's `/config`. */
  static fromConfig(id: string, api: AgentOSApi, config: OsConfig | undefined): RemoteDb {
    return new RemoteDb({
      id,
      api,
      sessionTableName: tableIn(config, 'session', id),
      knowledgeTableName: tableIn(config, 'knowledge', id),
      memoryTableName: tableIn(config, 'memory', id),
      learningsTableName: tableIn(config, 'learning', id),
      metricsTableName: tableIn(config, 'metrics', id),
      evalTableName: tableIn(config, 'evals', id),
      tracesTableName: tableIn(config, 'traces', id),
    })
  }

  // Sessions

  getSessions(options: t.ListSessionsOptions = {}): Promise<t.Page<t.Session>> {
    return this.#get('/sessions', { ...NEWEST_FIRST, ...options })
  }

  getSession(sessionId: string, options: t.SessionOptions = {}): Promise<t.Session> {
    return this.#get(`/sessions/${part(sessionId)}`, options)
  }

  getSessionRuns(sessionId: string, options: t.SessionRunsOptions = {}): Promise<t.SessionRun[]> {
    return this.#get(`/sessions/${part(sessionId)}/runs`, options)
  }

  /** The runs of a session without messages and events. AgentOS 3 and later. */
  getSessionRunPreviews(
    sessionId: string,
    options: t.SessionRunsOptions = {},
  ): Promise<t.SessionRun[]> {
    return this.#get(`/sessions/${part(sessionId)}/run-previews`, options)
  }

  getSessionRun(
    sessionId: string,
    runId: string,
    options: t.SessionOptions = {},
  ): Promise<t.SessionRun> {
    return this.#get(`/sessions/${part(sessionId)}/runs/${part(runId)}`, options)
  }

  createSession(options: t.CreateSessionOptions = {}): Promise<t.Session> {
    const { sessionType = 'agent', ...session } = options
    const json = parametersOf(session)
    return this.#send('POST', '/sessions', { sessionType, ...callOptions(options) }, { json })
  }

  renameSession(
    sessionId: string,
    sessionName: string,
    options: t.SessionOptions = {},
  ): Promise<t.Session> {
    const json = { session_name: sessionName }
    return this.#send('POST', `/sessions/${part(sessionId)}/rename`, options, { json })
  }

  updateSession(sessionId: string, options: t.UpdateSessionOptions): Promise<t.Session> {
    const { sessionName, sessionState, metadata, summary, ...query } = options
    const json = parametersOf({ sessionName, sessionState, metadata, summary })
    return this.#send('PATCH', `/sessions/${part(sessionId)}`, query, { json })
  }

  deleteSession(sessionId: string, options: t.TableOptions & t.OwnerOptions = {}): Promise<void> {
    return this.#send('DELETE', `/sessions/${part(sessionId)}`, options)
  }

  /** @param sessionTypes one type per id */
  deleteSessions(
    sessionIds: readonly string[],
    sessionTypes: readonly t.SessionType[],
    options: t.TableOptions & t.OwnerOptions = {},
  ): Promise<void> {
    const json = { session_ids: sessionIds, session_types: sessionTypes }
    return this.#send('DELETE', '/sessions', options, { json })
  }

  // Memories

  createMemory(content: t.MemoryContent, options: t.TableOptions = {}): Promise<t.Memory> {
    return this.#send('POST', '/memories', options, { json: parametersOf(content) })
  }

  getMemory(memoryId: string, options: t.TableOptions & t.OwnerOptions = {}): Promise<t.Memory> {
    return this.#get(`/memories/${part(memoryId)}`, options)
  }

  getMemories(options: t.ListMemoriesOptions = {}): Promise<t.Page<t.Memory>> {
    return this.#get('/memories', { ...NEWEST_FIRST, sortBy: 'updated_at', ...options })
  }

  updateMemory(
    memoryId: string,
    content: t.MemoryContent,
    options: t.TableOptions = {},
  ): Promise<t.Memory> {
    const json = parametersOf(content)
    return this.#send('PATCH', `/memories/${part(memoryId)}`, options, { json })
  }

  deleteMemory(memoryId: string, options: t.TableOptions & t.OwnerOptions = {}): Promise<void> {
    return this.#send('DELETE', `/memories/${part(memoryId)}`, options)
  }

  deleteMemories(
    memoryIds: readonly string[],
    options: t.TableOptions & t.OwnerOptions = {},
  ): Promise<void> {
    const { userId, ...query } = options
    return this.#send('DELETE', '/memories', query, {
      json: { memory_ids: memoryIds, user_id: userId },
    })
  }

  getMemoryTopics(options: t.TableOptions & t.OwnerOptions = {}): Promise<string[]> {
    return this.#get('/memory_topics', options)
  }

  getUserMemoryStats(
    options: t.TableOptions & t.OwnerOptions & t.PageOptions = {},
  ): Promise<t.Page<t.UserMemoryStats>> {
    return this.#get('/user_memory_stats', { ...FIRST_PAGE, ...options })
  }

  optimizeMemories(options: t.OptimizeMemoriesOptions): Promise<t.OptimizedMemories> {
    const { userId, model, apply = true, ...query } = options
    const json = { user_id: userId, model, apply }
    return this.#send('POST', '/optimize-memories', query, { json })
  }

  // Traces

  getTraces(options: t.ListTracesOptions = {}): Promise<t.Page<t.Trace>> {
    return this.#get('/traces', { ...FIRST_PAGE, ...options })
  }

  getTrace(
    traceId: string,
    options?: CallOptions & { readonly runId?: string | undefined },
  ): Promise<t.Trace>
  getTrace(
    traceId: string,
    options: CallOptions & { readonly spanId: string; readonly runId?: string | undefined },
  ): Promise<t.TraceNode>
  getTrace(traceId: string, options: CallOptions = {}): Promise<t.Trace | t.TraceNode> {
    return this.#get(`/traces/${part(traceId)}`, options)
  }

  getTraceSessionStats(options: t.TraceStatsOptions = {}): Promise<t.Page<t.TraceSessionStats>> {
    return this.#get('/trace_session_stats', { ...FIRST_PAGE, ...options })
  }

  searchTraces(
    options?: t.SearchTracesOptions & { readonly groupBy?: 'run' | undefined },
  ): Promise<t.Page<t.Trace>>
  searchTraces(
    options: t.SearchTracesOptions & { readonly groupBy: 'session' },
  ): Promise<t.Page<t.TraceSessionStats>>
  searchTraces(
    options: t.SearchTracesOptions = {},
  ): Promise<t.Page<t.Trace> | t.Page<t.TraceSessionStats>> {
    const { filter = null, groupBy = 'run', page = 1, limit = 20, ...query } = options
    const json = { filter, group_by: groupBy, page, limit }
    return this.#send('POST', '/traces/search', query, { json })
  }

  // Evals

  getEvalRuns(options: t.ListEvalRunsOptions = {}): Promise<t.Page<t.EvalRun>> {
    const { filterType, evalTypes, ...rest } = options
    const query = { ...NEWEST_FIRST, ...rest, type: filterType, evalTypes: evalTypes?.join(',') }
    return this.#get('/eval-runs', query)
  }

  getEvalRun(evalRunId: string, options: t.TableOptions = {}): Promise<t.EvalRun> {
    return this.#get(`/eval-runs/${part(evalRunId)}`, options)
  }

  deleteEvalRuns(evalRunIds: readonly string[], options: t.TableOptions = {}): Promise<void> {
    return this.#send('DELETE', '/eval-runs', options, { json: { eval_run_ids: evalRunIds } })
  }

  updateEvalRun(evalRunId: string, name: string, options: t.TableOptions = {}): Promise<t.EvalRun> {
    return this.#send('PATCH', `/eval-runs/${part(evalRunId)}`, options, { json: { name } })
  }

  /** Runs an evaluation; undefined when AgentOS returns no result. */
  createEvalRun(options: t.CreateEvalRunOptions): Promise<t.EvalRun | undefined> {
    const { table, ...input } = options
    const json = parametersOf({
      allowAdditionalToolCalls: false,
      numIterations: 1,
      ...input,
    })
    return this.#send('POST', '/eval-runs', { table, ...callOptions(options) }, { json })
  }

  // Metrics

  getMetrics(options: t.MetricsOptions = {}): Promise<t.Metrics> {
    const { startingDate, endingDate, ...rest } = options
    return this.#get('/metrics', {
      ...rest,
      startingDate: dayOf(startingDate),
      endingDate: dayOf(endingDate),
    })
  }

  /** The refreshed days. With `background: true` (default false), only the state of the refresh. */
  refreshMetrics(
    options: t.TableOptions & { readonly background?: boolean | undefined } = {},
  ): Promise<t.DayMetrics[] | t.MetricsRefresh> {
    const { background, ...query } = options
    return this.#send('POST', '/metrics/refresh', { ...query, ...(background && { background }) })
  }

  getMetricsRefreshStatus(options: t.TableOptions = {}): Promise<t.MetricsRefresh> {
    return this.#get('/metrics/refresh/status', options)
  }

  // Learnings (AgentOS 3 and later; not in Agno's `RemoteDb`)

  getLearnings(options: t.ListLearningsOptions = {}): Promise<t.Page<t.Learning>> {
    return this.#get('/learnings', options)
  }

  getLearning(learningId: string, options: t.TableOptions = {}): Promise<t.Learning> {
    return this.#get(`/learnings/${part(learningId)}`, options)
  }

  createLearning(content: t.LearningContent, options: t.TableOptions = {}): Promise<t.Learning> {
    return this.#send('POST', '/learnings', options, { json: parametersOf(content) })
  }

  updateLearning(
    learningId: string,
    content: Pick<t.LearningContent, 'metadata'> & Partial<Pick<t.LearningContent, 'content'>>,
    options: t.TableOptions = {},
  ): Promise<t.Learning> {
    const json = parametersOf(content)
    return this.#send('PATCH', `/learnings/${part(learningId)}`, options, { json })
  }

  deleteLearning(learningId: string, options: t.TableOptions = {}): Promise<void> {
    return this.#send('DELETE', `/learnings/${part(learningId)}`, options)
  }

  // Other

  /** @param targetVersion schema version. Default: the latest. */
  migrateDatabase(
    targetVersion?: string,
    options: CallOptions = {},
  ): Promise<{ message?: string; [key: string]: unknown }> {
    const path = `/databases/${part(this.id)}/migrate`
    return this.#send('POST', path, { ...options, targetVersion })
  }

  #get<Answer, Options extends CallOptions>(path: string, options: Options): Promise<Answer> {
    return this.#send('GET', path, options)
  }

  /** Converts options to query parameters with AgentOS's names; only the session type has another name there. */
  #send<Answer, Options extends CallOptions & { readonly sessionType?: string | undefined }>(
    method: string,
    path: string,
    options: Options,
    body?: CallBody,
  ): Promise<Answer> {
    const { sessionType, ...rest } = options
    const query = { db_id: this.id, type: sessionType, ...parametersOf(rest) }
    return this.#api.call(method, path, query, options, body)
  }
}

/** Encodes one segment of a path. */
function part(id: string): string {
  return percentEncoded(id)
}

function dayOf(date: Date | string | undefined): string | undefined {
  return date instanceof Date ? date.toISOString().slice(0, 10) : date
}
