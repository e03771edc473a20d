import { expect, test } from 'vitest'
import type { RemoteDb } from '../../../src/client/index.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { failureOf, openAgent } from './support.ts'

/** Returns the database `db a` of an agent, and the requests it sends after its config was read. */
async function openDb(answer: (url: string) => unknown = () => ({ data: [] }), status = 200) {
  const { agent, upstream } = await openAgent(({ url }, response) => {
    if (url === '/config') answerJson(response, {})
    else if (url.startsWith('/agents/')) answerJson(response, { db_id: 'db a' })
    else if (status === 204) response.writeHead(204).end()
    else answerJson(response, answer(url), status)
  })
  await agent.refreshConfig()
  const seen = upstream.requests.length
  const asked = () =>
    upstream.requests.slice(seen).map(({ method, url, body }) => {
      const { pathname, searchParams } = new URL(url, 'http://os')
      const json = body.length === 0 ? [] : [JSON.parse(body.toString())]
      return [`${method} ${pathname}`, queryOf(searchParams), ...json]
    })
  return { db: agent.db as RemoteDb, asked, requests: () => upstream.requests.slice(seen) }
}

/** Checks that a request carries the database id, and returns its other parameters. */
function queryOf(parameters: URLSearchParams): Record<string, unknown> {
  expect(parameters.getAll('db_id')).toEqual(['db a'])
  parameters.delete('db_id')
  const names = new Set(parameters.keys())
  return Object.fromEntries(
    [...names].map((name) => {
      const values = parameters.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

const NEWEST = { limit: '20', page: '1', sort_by: 'created_at', sort_order: 'desc' }

test("list requests carry Agno's default paging and sorting", async () => {
  const { db, asked } = await openDb()
  await db.getSessions()
  await db.getMemories()
  await db.getUserMemoryStats()
  await db.getTraces()
  await db.getTraceSessionStats()
  await db.getEvalRuns()
  expect(asked()).toEqual([
    ['GET /sessions', NEWEST],
    ['GET /memories', { ...NEWEST, sort_by: 'updated_at' }],
    ['GET /user_memory_stats', { limit: '20', page: '1' }],
    ['GET /traces', { limit: '20', page: '1' }],
    ['GET /trace_session_stats', { limit: '20', page: '1' }],
    ['GET /eval-runs', NEWEST],
  ])
})

test('list options become query parameters with their wire names', async () => {
  const { db, asked, requests } = await openDb()
  await db.getSessions({
    sessionType: 'agent',
    componentId: 'c',
    userId: 'u',
    limit: 5,
    table: 't',
    authToken: 'jwt',
    signal: new AbortController().signal,
  })
  await db.getSessionRuns('s/1', { status: ['COMPLETED', 'ERROR'], createdAfter: 1 })
  await db.getMemories({ topics: ['a', 'b'], searchContent: 'tea' })
  await db.getEvalRuns({ filterType: 'team', evalTypes: ['accuracy', 'performance'], page: 2 })
  await db.getTraces({ startTime: '2026-01-01T00:00:00Z', status: 'OK' })
  expect(asked()).toEqual([
    [
      'GET /sessions',
      { ...NEWEST, limit: '5', type: 'agent', component_id: 'c', user_id: 'u', table: 't' },
    ],
    ['GET /sessions/s%2F1/runs', { status: ['COMPLETED', 'ERROR'], created_after: '1' }],
    [
      'GET /memories',
      { ...NEWEST, sort_by: 'updated_at', topics: ['a', 'b'], search_content: 'tea' },
    ],
    ['GET /eval-runs', { ...NEWEST, page: '2', type: 'team', eval_types: 'accuracy,performance' }],
    ['GET /traces', { limit: '20', page: '1', start_time: '2026-01-01T00:00:00Z', status: 'OK' }],
  ])
  expect(requests()[0]?.headers.authorization).toBe('Bearer jwt')
})

test('sessions can be read, created, changed and deleted', async () => {
  const { db, asked } = await openDb()
  await db.getSession('s', { sessionType: 'team' })
  await db.getSessionRun('s', 'r')
  await db.getSessionRunPreviews('s', { userId: 'u' })
  await db.createSession({ sessionId: 's', sessionName: 'n', metadata: { m: 1 }, agentId: 'a' })
  await db.createSession({ sessionType: 'workflow' })
  await db.renameSession('s', 'new', { userId: 'u' })
  await db.updateSession('s', { sessionState: { a: 1 }, sessionType: 'agent' })
  await db.deleteSession('s', { userId: 'u' })
  await db.deleteSessions(['s', 't'], ['agent', 'team'])
  expect(asked()).toEqual([
    ['GET /sessions/s', { type: 'team' }],
    ['GET /sessions/s/runs/r', {}],
    ['GET /sessions/s/run-previews', { user_id: 'u' }],
    [
      'POST /sessions',
      { type: 'agent' },
      { session_id: 's', session_name: 'n', metadata: { m: 1 }, agent_id: 'a' },
    ],
    ['POST /sessions', { type: 'workflow' }, {}],
    ['POST /sessions/s/rename', { user_id: 'u' }, { session_name: 'new' }],
    ['PATCH /sessions/s', { type: 'agent' }, { session_state: { a: 1 } }],
    ['DELETE /sessions/s', { user_id: 'u' }],
    ['DELETE /sessions', {}, { session_ids: ['s', 't'], session_types: ['agent', 'team'] }],
  ])
})

test('memories can be read, created, changed, optimized and deleted', async () => {
  const { db, asked } = await openDb()
  const content = { memory: 'likes tea', userId: 'u', topics: ['t'] }
  const json = { memory: 'likes tea', user_id: 'u', topics: ['t'] }
  await db.createMemory(content)
  await db.updateMemory('m', content, { table: 't' })
  await db.getMemory('m', { userId: 'u' })
  await db.getMemoryTopics({ userId: 'u' })
  await db.optimizeMemories({ userId: 'u' })
  await db.deleteMemory('m', { userId: 'u' })
  await db.deleteMemories(['m', 'n'], { userId: 'u' })
  expect(asked()).toEqual([
    ['POST /memories', {}, json],
    ['PATCH /memories/m', { table: 't' }, json],
    ['GET /memories/m', { user_id: 'u' }],
    ['GET /memory_topics', { user_id: 'u' }],
    ['POST /optimize-memories', {}, { user_id: 'u', apply: true }],
    ['DELETE /memories/m', { user_id: 'u' }],
    ['DELETE /memories', {}, { memory_ids: ['m', 'n'], user_id: 'u' }],
  ])
})

test('traces can be read and searched', async () => {
  const { db, asked } = await openDb()
  const filter = { op: 'EQ', key: 'status', value: 'OK' }
  await db.getTrace('t', { spanId: 'x', runId: 'r' })
  await db.searchTraces()
  await db.searchTraces({ filter, groupBy: 'session', page: 2, limit: 5 })
  expect(asked()).toEqual([
    ['GET /traces/t', { span_id: 'x', run_id: 'r' }],
    ['POST /traces/search', {}, { filter: null, group_by: 'run', page: 1, limit: 20 }],
    ['POST /traces/search', {}, { filter, group_by: 'session', page: 2, limit: 5 }],
  ])
})

test('evaluations can be read, run, renamed and deleted', async () => {
  const { db, asked } = await openDb()
  await db.getEvalRun('e')
  await db.createEvalRun({ evalType: 'accuracy', input: 'q', expectedOutput: 'a', table: 't' })
  await db.updateEvalRun('e', 'name')
  await db.deleteEvalRuns(['e'])
  expect(asked()).toEqual([
    ['GET /eval-runs/e', {}],
    [
      'POST /eval-runs',
      { table: 't' },
      {
        eval_type: 'accuracy',
        input: 'q',
        expected_output: 'a',
        allow_additional_tool_calls: false,
        num_iterations: 1,
      },
    ],
    ['PATCH /eval-runs/e', {}, { name: 'name' }],
    ['DELETE /eval-runs', {}, { eval_run_ids: ['e'] }],
  ])
})

test('metrics are requested by day', async () => {
  const { db, asked } = await openDb()
  const startingDate = new Date('2026-03-01T23:00:00Z')
  await db.getMetrics({ startingDate, endingDate: '2026-03-02' })
  await db.refreshMetrics()
  await db.refreshMetrics({ background: true })
  await db.getMetricsRefreshStatus()
  expect(asked()).toEqual([
    ['GET /metrics', { starting_date: '2026-03-01', ending_date: '2026-03-02' }],
    ['POST /metrics/refresh', {}],
    ['POST /metrics/refresh', { background: 'true' }],
    ['GET /metrics/refresh/status', {}],
  ])
})

test('learnings can be read, created, changed and deleted', async () => {
  const { db, asked } = await openDb()
  const content = { learningType: 'user_profile', content: { a: 1 }, userId: 'u' }
  await db.getLearnings({ learningType: 'user_profile', page: 2 })
  await db.getLearning('l')
  await db.createLearning(content)
  await db.updateLearning('l', { metadata: { m: 1 } })
  await db.deleteLearning('l')
  expect(asked()).toEqual([
    ['GET /learnings', { learning_type: 'user_profile', page: '2' }],
    ['GET /learnings/l', {}],
    ['POST /learnings', {}, { learning_type: 'user_profile', content: { a: 1 }, user_id: 'u' }],
    ['PATCH /learnings/l', {}, { metadata: { m: 1 } }],
    ['DELETE /learnings/l', {}],
  ])
})

test('migrateDatabase sends the target version if one is given', async () => {
  const { db, asked } = await openDb()
  await db.migrateDatabase('2.5.0')
  await db.migrateDatabase()
  expect(asked()).toEqual([
    ['POST /databases/db%20a/migrate', { target_version: '2.5.0' }],
    ['POST /databases/db%20a/migrate', {}],
  ])
})

test('an answer without a body becomes undefined', async () => {
  const { db } = await openDb(undefined, 204)
  expect(await db.deleteMemory('m')).toBeUndefined()
})

test('RemoteDb returns answers unchanged and throws refusals as errors', async () => {
  const page = { data: [{ session_id: 's', later: 1 }], meta: { total_count: 1 } }
  expect(await (await openDb(() => page)).db.getSessions()).toEqual(page)
  const { db } = await openDb(() => ({ detail: "No database found with id 'db a'" }), 404)
  expect(await failureOf(db.getSessions())).toMatchObject({ name: 'AgentOSError', status: 404 })
})

test('creating sessions and evaluations sends the headers of the call', async () => {
  const { db, asked, requests } = await openDb()
  const headers = { traceparent: 't' }
  await db.createSession({ sessionName: 'n', headers })
  await db.createEvalRun({ evalType: 'accuracy', input: 'x', headers })
  expect(requests().map((request) => request.headers['traceparent'])).toEqual(['t', 't'])
  expect(asked().map(([, , json]) => json)).toEqual([
    { session_name: 'n' },
    { eval_type: 'accuracy', input: 'x', allow_additional_tool_calls: false, num_iterations: 1 },
  ])
})
