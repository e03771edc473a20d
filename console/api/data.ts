/** Fetches AgentOS's data, merged over all upstreams. */
import { momentOf } from '../state/format.ts'
import type { DataSource } from './databases.ts'
import { fromEachSource, fromItsSource } from './databases.ts'
import type { Answer } from './http.ts'
import { ask, get, send } from './http.ts'
import { isObject, shaped } from './shape.ts'
import type { Approval, Json, Kind, Page, Session, SessionRun, Trace } from './types.ts'
import { listIn, numberIn, objectIn, SINGULAR } from './types.ts'

export type Query = Readonly<Record<string, string | number | undefined>>

/**
 * One page of a list. If AgentOS wants a database, the page has the items of all databases, newest first, each with its
 * database.
 */
export async function listPage<Item>(path: string, query: Query): Promise<Answer<Page<Item>>> {
  const { answers, failed } = await fromEachSource((source) =>
    pageAt(path, { ...query, ...source }),
  )
  const [first] = answers
  if (first && Object.keys(first.source).length === 0) return first.answer as Answer<Page<Item>>
  const items = answers.flatMap(({ source, answer }) =>
    answer.body.data.map((item) => ({ ...item, ...source })),
  )
  const total = answers.reduce((sum, { answer }) => sum + answer.body.meta.total_count, 0)
  const body = { data: items.toSorted(byTime), meta: { total_count: total } }
  const partial = [...failed, ...answers.flatMap(({ answer }) => answer.partial)]
  return { body: body as unknown as Page<Item>, partial, stale: [] }
}

async function pageAt(path: string, query: Query): Promise<Answer<Page<Json>>> {
  const answer = await ask<unknown>(path, { query })
  const { data, meta } = objectIn(answer.body)
  const items = listIn(data).filter(isObject).map(shaped)
  const total = numberIn(objectIn(meta)['total_count']) ?? items.length
  const body = { data: items, meta: { ...objectIn(meta), total_count: total } }
  return { ...answer, body: body as unknown as Page<Json> }
}

const TIMES = ['updated_at', 'start_time', 'created_at'] as const

function byTime(one: Json, other: Json): number {
  return timeOf(other) - timeOf(one)
}

function timeOf(item: Json): number {
  const value = TIMES.map((name) => item[name]).find(Boolean)
  return momentOf(value)?.getTime() ?? 0
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
  get: (id: string, type: string | undefined, from: DataSource = {}) =>
    fromItsSource((source) =>
      get<unknown>(path('sessions', id), { query: { type, ...from, ...source } }),
    ).then((session) => shaped(session) as unknown as Session),
  runs: (id: string, type: string | undefined, status?: string, from: DataSource = {}) =>
    fromItsSource((source) =>
      get<unknown>(`${path('sessions', id)}/runs`, { query: { type, status, ...from, ...source } }),
    ).then((runs) => listIn(runs).filter(isObject).map(shaped) as unknown as SessionRun[]),
  rename: (id: string, type: string, name: string, from: DataSource) =>
    get<Session>(`${path('sessions', id)}/rename`, {
      query: { type, ...from },
      json: { session_name: name },
    }),
  /** @param from the database: AgentOS answers 204 also where a database has no such session */
  remove: (id: string, from: DataSource) =>
    send(path('sessions', id), { method: 'DELETE', query: from }),
}

export const traces = {
  get: (id: string, query: Query) =>
    fromItsSource((source) =>
      get<unknown>(path('traces', id), { query: { ...query, ...source } }),
    ).then((trace) => shaped(trace) as unknown as Trace),
}

export const approvals = {
  list: (query: Query) => listPage<Approval>('approvals', query),
  resolve: (id: string, status: 'approved' | 'rejected', data: Json | undefined) =>
    get<Approval>(`${path('approvals', id)}/resolve`, {
      json: { status, ...(data && { resolution_data: data }) },
    }),
}

export const memories = {
  /** @param from the database: AgentOS answers 204 also where a database has no such memory */
  remove: (id: string, from: DataSource) =>
    send(path('memories', id), { method: 'DELETE', query: from }),
}
