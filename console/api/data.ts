/** Fetches AgentOS's data, merged over all upstreams. */
import type { Answer } from './http.ts'
import { ask, get, send } from './http.ts'
import { isObject, shaped } from './shape.ts'
import type { Json, Kind, Page, Session, SessionRun, Trace } from './types.ts'
import { listIn, numberIn, objectIn, SINGULAR } from './types.ts'

export type Query = Readonly<Record<string, string | number | undefined>>

/** One page of a list. */
export async function listPage<Item>(path: string, query: Query): Promise<Answer<Page<Item>>> {
  const answer = await ask<unknown>(path, { query })
  const { data, meta } = objectIn(answer.body)
  const items = listIn(data).filter(isObject).map(shaped)
  const total = numberIn(objectIn(meta)['total_count']) ?? items.length
  const body = { data: items, meta: { ...objectIn(meta), total_count: total } }
  return { ...answer, body: body as unknown as Page<Item> }
}

const path = (...parts: readonly string[]) => parts.map(encodeURIComponent).join('/')

export const sessions = {
  ofComponent: (kind: Kind, id: string, limit: number) =>
    listPage<Session>('sessions', {
      type: SINGULAR[kind],
      component_id: id,
      limit,
      sort_by: 'updated_at',
      sort_order: 'desc',
    }),
  get: (id: string, type: string | undefined) =>
    get<unknown>(path('sessions', id), { query: { type } }).then(
      (session) => shaped(session) as unknown as Session,
    ),
  runs: (id: string, type: string | undefined, status?: string) =>
    get<unknown>(`${path('sessions', id)}/runs`, { query: { type, status } }).then(
      (runs) => listIn(runs).filter(isObject).map(shaped) as unknown as SessionRun[],
    ),
  rename: (id: string, type: string, name: string) =>
    get<Session>(`${path('sessions', id)}/rename`, {
      query: { type },
      json: { session_name: name },
    }),
  remove: (id: string) => send(path('sessions', id), { method: 'DELETE' }),
}

export const traces = {
  get: (id: string, query: Query) =>
    get<unknown>(path('traces', id), { query }).then((trace) => shaped(trace) as unknown as Trace),
  ofRun: (runId: string) => listPage<Trace>('traces', { run_id: runId, limit: 1 }),
}

/** A request that an administrator approves or rejects. */
export interface Approval {
  readonly id: string
  readonly run_id: string
  readonly session_id: string
  readonly status: string
  readonly pause_type?: string | null
  readonly approval_type?: string | null
  readonly tool_name?: string | null
  readonly tool_args?: Json | null
  readonly agent_id?: string | null
  readonly team_id?: string | null
  readonly workflow_id?: string | null
  readonly user_id?: string | null
  readonly source_name?: string | null
  readonly requirements?: readonly Json[] | null
  readonly created_at?: number | null
  readonly expires_at?: number | null
  readonly run_status?: string | null
  readonly resolved_by?: string | null
}

export const approvals = {
  list: (query: Query) => listPage<Approval>('approvals', query),
  resolve: (id: string, status: 'approved' | 'rejected', data: Json | undefined) =>
    get<Approval>(`${path('approvals', id)}/resolve`, {
      json: { status, ...(data && { resolution_data: data }) },
    }),
}

export const memories = {
  remove: (id: string) => send(path('memories', id), { method: 'DELETE' }),
}
