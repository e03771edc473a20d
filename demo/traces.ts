/** `/traces`: the parts of each run with their durations, derived from the runs in the store. */
import { HttpError, type Reply } from './http.ts'
import { page } from './page.ts'
import type { Call, Routes } from './router.ts'
import type { Run } from './run.ts'
import type { SessionStore } from './sessions.ts'

type Fields = Record<string, unknown>

/** Fields by which traces are filtered. */
const FILTERS = ['run_id', 'session_id', 'user_id', 'agent_id', 'team_id', 'workflow_id', 'status']

/** The trace routes of one AgentOS. */
export function traceRoutes(store: SessionStore): Routes {
  return {
    'GET /traces': ({ query }) => {
      const wanted = FILTERS.map((name) => [name, query.text(name)] as const)
      const found = store
        .runs()
        .filter(({ endedAt }) => endedAt !== undefined)
        .map(summaryOf)
        .filter((trace) =>
          wanted.every(([name, value]) => value === undefined || trace[name] === value),
        )
      return { status: 200, body: page(found, query, 'start_time') }
    },
    'GET /traces/{id}': (call) => getTrace(store, call),
    'GET /trace_session_stats': ({ query }) => {
      return { status: 200, body: page(sessionStats(store), query, 'last_trace_at') }
    },
  }
}

function getTrace(store: SessionStore, { param }: Call): Reply {
  const run = store.runs().find((one) => traceIdOf(one) === param('id'))
  if (run?.endedAt !== undefined) return { status: 200, body: detailOf(run) }
  throw new HttpError(404, 'Trace not found')
}

function sessionStats(store: SessionStore): Fields[] {
  return store.list().flatMap(({ id, kind, componentId, userId, runs }) => {
    const traces = runs.filter(({ endedAt }) => endedAt !== undefined).map(summaryOf)
    if (traces.length === 0) return []
    return [
      {
        session_id: id,
        user_id: userId ?? null,
        [`${kind}_id`]: componentId,
        total_traces: traces.length,
        first_trace_at: traces[0]?.['start_time'],
        last_trace_at: traces.at(-1)?.['end_time'],
      },
    ]
  })
}

function traceIdOf({ id }: Run): string {
  return id.replaceAll('-', '')
}

function summaryOf(run: Run): Fields {
  const { kind, id, name } = run.component
  const root = spanOf(run)
  return {
    trace_id: traceIdOf(run),
    name: `${name}.arun`,
    ...timesOf(run),
    status: root.status,
    total_spans: countOf(root),
    error_count: run.status === 'ERROR' ? 1 : 0,
    input: run.message,
    run_id: run.id,
    session_id: run.sessionId,
    user_id: run.userId ?? null,
    agent_id: null,
    team_id: null,
    workflow_id: null,
    [`${kind}_id`]: id,
    created_at: iso(run.startedAt),
  }
}

function detailOf(run: Run): Fields {
  const { content, status } = run
  const isBad = status === 'ERROR'
  return {
    ...summaryOf(run),
    output: isBad ? null : content,
    error: isBad ? content : null,
    tree: [spanOf(run)],
  }
}

type Span = Fields & { status: string; spans: Span[] | null }

/** A run as a span: its children are the runs inside, the model's answer and the tool that it stopped for. */
function spanOf(run: Run): Span {
  const { kind, name } = run.component
  const model = kind === 'workflow' ? [] : [modelSpan(run)]
  const tool = run.requirement === undefined ? [] : [toolSpan(run)]
  const spans = [...run.childRuns.map(spanOf), ...model, ...tool]
  return {
    id: traceIdOf(run).slice(0, 16),
    name: `${name}.arun`,
    type: kind.toUpperCase(),
    ...timesOf(run),
    status: run.status === 'ERROR' ? 'ERROR' : 'OK',
    input: run.message,
    output: run.content ?? null,
    error: null,
    spans,
    metadata: {
      run_id: run.id,
      total_input_tokens: run.inputTokens,
      total_output_tokens: run.outputTokens,
    },
  }
}

function modelSpan(run: Run): Span {
  const started = run.childRuns.at(-1)?.endedAt ?? run.startedAt
  return {
    id: traceIdOf(run).slice(16),
    name: 'ScriptedModel.ainvoke_stream',
    type: 'LLM',
    ...spanTimes(started, run.endedAt ?? Date.now()),
    status: 'OK',
    input: run.message,
    output: run.content ?? null,
    error: null,
    spans: null,
    metadata: {
      model: 'scripted',
      input_tokens: run.inputTokens,
      output_tokens: run.outputTokens,
    },
  }
}

function toolSpan(run: Run): Span {
  const { tool } = run.requirement ?? {}
  const ended = run.endedAt ?? Date.now()
  return {
    id: `${traceIdOf(run).slice(0, 12)}tool`,
    name: String(tool?.['tool_name']),
    type: 'TOOL',
    ...spanTimes(ended, ended),
    status: 'OK',
    input: JSON.stringify(tool?.['tool_args']),
    output: tool?.['result'] ?? null,
    error: null,
    spans: null,
    metadata: { tool_name: tool?.['tool_name'] },
  }
}

function countOf({ spans }: Span): number {
  return 1 + (spans ?? []).reduce((sum, span) => sum + countOf(span), 0)
}

function timesOf(run: Run): Fields {
  return spanTimes(run.startedAt, run.endedAt ?? Date.now())
}

function spanTimes(startMs: number, endMs: number): Fields {
  const ms = Math.max(0, endMs - startMs)
  return {
    duration: ms < 1000 ? `${ms}ms` : `${(ms / 1000).toFixed(2)}s`,
    start_time: iso(startMs),
    end_time: iso(endMs),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
