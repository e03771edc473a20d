import { expect, test } from 'vitest'
import { send } from '../../support/client.ts'
import { startDataAgentOs } from '../../support/data-agentos.ts'
import { answerJson, startFakeUpstream } from '../../support/fake-upstream.ts'
import { gatewayOf, startGateway } from '../../support/gateway.ts'

const session = (session_id: string, second: number) => ({
  session_id,
  created_at: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
})

interface Page {
  data: { session_id: string }[]
  meta: object
}

async function two() {
  const a = await startDataAgentOs({
    'db-a': { sessions: [session('a1', 1), session('a3', 3), session('a5', 5)] },
  })
  const b = await startDataAgentOs({
    'db-b1': { sessions: [session('b2', 2)] },
    'db-b2': { sessions: [session('b4', 4)] },
  })
  return { a, b, gateway: await gatewayOf({ a: a.url, b: b.url }) }
}

test('sessions of all databases form one list, newest first', async () => {
  const { gateway } = await two()
  const answer = await send(`${gateway.url}/sessions?limit=2&page=2`)
  const { data, meta } = (await answer.json()) as Page
  expect(data.map(({ session_id }) => session_id)).toEqual(['a3', 'b2'])
  expect(meta).toEqual({ page: 2, limit: 2, total_pages: 3, total_count: 5, search_time_ms: 0 })
  expect(answer.headers['x-agentos-partial']).toBeUndefined()
})

test('each database of an upstream is queried once by its id', async () => {
  const { gateway, a, b } = await two()
  await (await send(`${gateway.url}/sessions?sort_order=asc&limit=3`)).whole()
  expect(a.asked).toEqual(['GET /sessions?sort_order=asc&page=1&limit=3'])
  expect(b.asked.toSorted()).toEqual([
    'GET /sessions?sort_order=asc&db_id=db-b1&page=1&limit=3',
    'GET /sessions?sort_order=asc&db_id=db-b2&page=1&limit=3',
  ])
})

test('an invalid page number is forwarded to one AgentOS', async () => {
  const { gateway, a, b } = await two()
  await (await send(`${gateway.url}/approvals?page=0`)).whole()
  expect([...a.asked, ...b.asked]).toEqual(['GET /approvals?page=0'])
})

test('a db_id selects its owner and is forwarded unchanged', async () => {
  const { gateway, a, b } = await two()
  const answer = await send(`${gateway.url}/sessions?db_id=db-b2`)
  expect(((await answer.json()) as Page).data).toEqual([session('b4', 4)])
  expect(a.asked).toEqual([])
  expect(b.asked).toEqual(['GET /sessions?db_id=db-b2'])
})

test.each(['db_id=db-a&db_id=db-b2', 'db_id=&db_id=db-a', 'DB_ID=db-a', 'db_id[]=db-a'])(
  'the query %s is refused and no upstream is asked',
  async (query) => {
    const { gateway, a, b } = await two()
    const answer = await send(`${gateway.url}/sessions?${query}`)
    expect(answer.status).toBe(422)
    expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_PARAMETER_AMBIGUOUS')
    expect([...a.asked, ...b.asked]).toEqual([])
  },
)

test('a query that says one db_id twice or in escapes finds its owner', async () => {
  const { gateway, b } = await two()
  for (const query of ['db_id=db-b2&db_id=db-b2', 'd%62_id=db%2Db2']) {
    expect((await send(`${gateway.url}/sessions?${query}`)).status).toBe(200)
  }
  expect(b.asked).toHaveLength(2)
})

test("an unknown db_id answers 404 in AgentOS's words", async () => {
  const { gateway } = await two()
  const answer = await send(`${gateway.url}/sessions?db_id=nope`)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toEqual({ detail: "No database found with id 'nope'" })
})

test('a database shared by two upstreams is listed once', async () => {
  const shared = { sessions: [session('s1', 1)] }
  const a = await startDataAgentOs({ db: shared })
  const b = await startDataAgentOs({ db: shared })
  const gateway = await gatewayOf({ a: a.url, b: b.url })
  const { data } = (await (await send(`${gateway.url}/sessions`)).json()) as Page
  expect(data).toHaveLength(1)
  expect([a.asked.length, b.asked.length]).toEqual([1, 0])
})

test('database_prefix separates databases with equal ids', async () => {
  const a = await startDataAgentOs({ db: { sessions: [session('s1', 1)] } })
  const b = await startDataAgentOs({ db: { sessions: [session('s2', 2)] } })
  const upstreams = [
    { name: 'a', url: a.url },
    { name: 'b', url: b.url, database_prefix: 'b-' },
  ]
  const gateway = await startGateway({ upstreams }, { ready: ['a', 'b'] })
  const all = (await (await send(`${gateway.url}/sessions`)).json()) as Page
  expect(all.data).toHaveLength(2)
  const of = (await (await send(`${gateway.url}/sessions?db_id=b-db`)).json()) as Page
  expect(of.data).toEqual([session('s2', 2)])
  expect(b.asked.at(-1)).toBe('GET /sessions?db_id=db')
})

test('an upstream slower than list_timeout is left out and named', async () => {
  const a = await startDataAgentOs({ db: { sessions: [session('a1', 1)] } })
  const slow = await startFakeUpstream((request, response) => {
    if (request.url.startsWith('/sessions')) return
    const isConfig = request.url === '/config'
    answerJson(response, isConfig ? { databases: ['slow'], agents: [] } : [])
  })
  const gateway = await gatewayOf({ a: a.url, slow: slow.url }, { list_timeout: '2s' })
  const answer = await send(`${gateway.url}/sessions`)
  expect(((await answer.json()) as Page).data).toHaveLength(1)
  expect(answer.headers['x-agentos-partial']).toBe('slow')
})

test('a page beyond the merge limit requires a db_id', async () => {
  const { gateway } = await two()
  const answer = await send(`${gateway.url}/sessions?limit=100&page=11`)
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('db_id') })
})

test('merged items keep the bytes of their upstream', async () => {
  const item = '{"session_id":"x","n":1.0,"t":"\\u00e9"}'
  const a = await startFakeUpstream((request, response) => {
    if (!request.url.startsWith('/sessions'))
      return answerJson(response, request.url === '/config' ? { databases: ['d'] } : [])
    response.setHeader('content-type', 'application/json')
    response.end(`{"data": [ ${item} ], "meta": {"total_count": 1, "search_time_ms": 0.0}}`)
  })
  const b = await startDataAgentOs({ b: { sessions: [] } })
  const gateway = await gatewayOf({ a: a.url, b: b.url })
  const text = await (await send(`${gateway.url}/sessions`)).whole()
  expect(text).toContain(`"data":[${item}]`)
  expect(text).toContain('"search_time_ms":0.0')
})
