/** A fake AgentOS with databases that it lists, pages and searches as AgentOS does. */
import type { ServerResponse } from 'node:http'
import { compareItems } from '../../src/merge/order.ts'
import type { FakeAgentOs, Serves } from './agentos.ts'
import { startAgentOs } from './agentos.ts'
import type { ReceivedRequest } from './fake-upstream.ts'
import { answerJson } from './fake-upstream.ts'

type Row = Readonly<Record<string, unknown>>

/** Rows by resource: `sessions`, `memories`, `traces` … The first member of a row is its id. */
export type Tables = Record<string, Row[]>

export interface DataAgentOs extends FakeAgentOs {
  readonly databases: Record<string, Tables>
  /** Data requests as method, path and query. */
  readonly asked: string[]
}

/** Serves the given components and the rows of its databases. The test may change rows. */
export async function startDataAgentOs(
  databases: Record<string, Tables>,
  serves: Serves = { agents: [] },
): Promise<DataAgentOs> {
  const asked: string[] = []
  const dbs = Object.keys(databases)
  const config = { databases: dbs, os_database: dbs[0], ...serves.config }
  const upstream = await startAgentOs({ ...serves, config }, async (request, response, message) => {
    asked.push(`${request.method} ${request.url}`)
    const body: Buffer[] = await message.toArray()
    answer(databases, request, Buffer.concat(body).toString('utf8'), response)
  })
  return Object.assign(upstream, { databases, asked })
}

function answer(
  databases: Record<string, Tables>,
  { method, url }: ReceivedRequest,
  body: string,
  response: ServerResponse,
): void {
  const { pathname, searchParams: query } = new URL(url, 'http://fake')
  const [, resource = '', id, rest] = pathname.split('/')
  const named = query.get('db_id')
  const refuse = (status: number, detail: string) => answerJson(response, { detail }, status)
  if (named === null && Object.keys(databases).length > 1) {
    refuse(400, 'The db_id query parameter is required when using multiple databases')
    return
  }
  const tables = databases[named ?? (Object.keys(databases)[0] as string)]
  if (!tables) {
    refuse(404, `No database found with id '${named}'`)
    return
  }
  const table = tables[resource] ?? []
  if (id === undefined && method === 'GET') {
    answerJson(response, page(table, query))
    return
  }
  if (id === undefined && method === 'DELETE') {
    const ids = Object.values(JSON.parse(body) as Record<string, string[]>)[0] ?? []
    tables[resource] = table.filter((row) => !ids.includes(idOf(row)))
    response.writeHead(204).end()
    return
  }
  const row = table.find((one) => idOf(one) === id)
  if (!row) {
    refuse(404, `${resource} with id '${id}' not found`)
    return
  }
  if (method === 'DELETE') {
    table.splice(table.indexOf(row), 1)
    response.writeHead(204).end()
    return
  }
  answerJson(response, { ...row, ...(rest && { at: rest }), ...(body && JSON.parse(body)) })
}

function idOf(row: Row): string {
  return String(Object.values(row)[0])
}

function page(table: readonly Row[], query: URLSearchParams): Row {
  const wanted = { page: Number(query.get('page') ?? 1), limit: Number(query.get('limit') ?? 20) }
  const by = query.get('sort_by') ?? 'created_at'
  const isDescending = query.get('sort_order') !== 'asc'
  const rows = table
    .filter((row) => !query.has('agent_id') || row['agent_id'] === query.get('agent_id'))
    .toSorted(compareItems({ by: [by], isDescending }))
  const start = (wanted.page - 1) * wanted.limit
  return {
    data: rows.slice(start, start + wanted.limit),
    meta: {
      ...wanted,
      total_pages: Math.ceil(rows.length / wanted.limit),
      total_count: rows.length,
      search_time_ms: 0,
    },
  }
}
