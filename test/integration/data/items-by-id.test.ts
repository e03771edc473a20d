import { expect, test } from 'vitest'
import { send } from '../../support/client.ts'
import { startDataAgentOs } from '../../support/data-agentos.ts'
import { gatewayOf } from '../../support/gateway.ts'

const row = (session_id: string, agent_id = 'x') => ({ session_id, agent_id })
const json = { 'content-type': 'application/json' }

/** Node adds no framing to the body of a DELETE, so the length is set here. */
const deletion = (url: string, body: string) =>
  send(`${url}/sessions`, {
    method: 'DELETE',
    headers: { ...json, 'content-length': String(body.length) },
    body,
  })

async function two(databasesOfB = {}) {
  const a = await startDataAgentOs(
    { 'db-a': { sessions: [row('s-a'), row('both')] } },
    { agents: ['agent-a'] },
  )
  const b = await startDataAgentOs(
    { 'db-b': { sessions: [row('s-b'), row('both')] }, ...databasesOfB },
    { agents: ['agent-b'] },
  )
  return { a, b, gateway: await gatewayOf({ a: a.url, b: b.url }) }
}

test('a session without a db_id is found at any upstream', async () => {
  const { gateway } = await two({ 'db-b2': { sessions: [row('s-b2')] } })
  for (const id of ['s-a', 's-b', 's-b2']) {
    const answer = await send(`${gateway.url}/sessions/${id}`)
    expect(await answer.json()).toEqual(row(id))
  }
})

test('a session found before is requested from its upstream alone', async () => {
  const { gateway, a, b } = await two()
  await (await send(`${gateway.url}/sessions/s-b`)).whole()
  const before = a.asked.length
  await (await send(`${gateway.url}/sessions/s-b`)).whole()
  expect(a.asked).toHaveLength(before)
  expect(b.asked).toHaveLength(2)
})

test('a session that moved to another upstream is found again', async () => {
  const { gateway, a, b } = await two()
  await (await send(`${gateway.url}/sessions/s-b`)).whole()
  ;(b.databases['db-b'] as { sessions: object[] }).sessions = []
  ;(a.databases['db-a'] as { sessions: object[] }).sessions.push(row('s-b'))
  expect((await send(`${gateway.url}/sessions/s-b`)).status).toBe(200)
})

test("an unknown session answers 404 in AgentOS's words", async () => {
  const { gateway } = await two()
  const answer = await send(`${gateway.url}/sessions/none`)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toEqual({ detail: "sessions with id 'none' not found" })
})

test("a change is sent to the item's upstream with its db_id", async () => {
  const { gateway, a, b } = await two({ 'db-b2': { sessions: [row('s-b2')] } })
  const url = `${gateway.url}/sessions/s-b2/rename?user_id=u`
  const body = '{"session_name": "new"}'
  const answer = await send(url, { method: 'POST', headers: json, body })
  expect(await answer.json()).toMatchObject({ session_id: 's-b2', session_name: 'new' })
  expect(b.asked.at(-1)).toBe('POST /sessions/s-b2/rename?user_id=u&db_id=db-b2')
  expect(a.asked).toEqual(['GET /sessions/s-b2?user_id=u'])
})

test('a change of an id that two upstreams have is refused', async () => {
  const { gateway } = await two()
  const answer = await send(`${gateway.url}/sessions/both`, { method: 'DELETE' })
  expect(answer.status).toBe(400)
  expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_UPSTREAM_REQUIRED')
  expect(await answer.json()).toEqual({
    detail: 'The db_id query parameter is required when using multiple databases',
  })
})

test('an unknown memory is created at no upstream', async () => {
  const { gateway, a, b } = await two()
  const answer = await send(`${gateway.url}/memories/none`, {
    method: 'PATCH',
    headers: json,
    body: '{"memory": "x"}',
  })
  expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_UPSTREAM_REQUIRED')
  expect([...a.asked, ...b.asked].filter((asked) => asked.startsWith('PATCH'))).toEqual([])
})

test("a new item goes to its component's owner or is refused", async () => {
  const { gateway, b } = await two()
  b.databases['db-b'] = { sessions: [] }
  const create = (body: string) =>
    send(`${gateway.url}/sessions?type=agent`, { method: 'POST', headers: json, body })
  expect((await create('{"user_id": "u"}')).status).toBe(400)
  await (await create('{"agent_id": "agent-b"}')).whole()
  expect(b.asked).toEqual(['POST /sessions?type=agent'])
})

test('a list for one component is requested from its owner alone', async () => {
  const { gateway, a, b } = await two()
  await (await send(`${gateway.url}/sessions?type=agent&component_id=agent-b`)).whole()
  expect([a.asked.length, b.asked.length]).toEqual([0, 1])
})

test('a bulk deletion is split by the owners of its ids', async () => {
  const { gateway, a, b } = await two()
  const body = JSON.stringify({ session_ids: ['s-b', 's-a'], session_types: ['team', 'agent'] })
  const answer = await deletion(gateway.url, body)
  expect(answer.status).toBe(204)
  expect(a.databases['db-a']?.['sessions']).toEqual([row('both')])
  expect(b.databases['db-b']?.['sessions']).toEqual([row('both')])
  const arrived = b.requests.find(({ method }) => method === 'DELETE')
  expect(String(arrived?.body)).toBe('{"session_ids":["s-b"],"session_types":["team"]}')
})

test('a bulk deletion with an ambiguous id is refused as a whole', async () => {
  const { gateway, a } = await two()
  const body = JSON.stringify({ session_ids: ['s-a', 'both'], session_types: ['team', 'agent'] })
  const answer = await deletion(gateway.url, body)
  expect(answer.status).toBe(400)
  expect(a.databases['db-a']?.['sessions']).toHaveLength(2)
})

test('a named upstream takes precedence over ids and components', async () => {
  const { gateway, a, b } = await two()
  const headers = { 'x-agentos-upstream': 'b' }
  await (await send(`${gateway.url}/sessions?agent_id=agent-a`, { headers })).whole()
  await (await send(`${gateway.url}/sessions/both?upstream=b`)).whole()
  expect(a.asked).toEqual([])
  expect(b.asked).toEqual(['GET /sessions?agent_id=agent-a', 'GET /sessions/both'])
})

test('an empty bulk deletion is forwarded to one AgentOS', async () => {
  const { gateway, a } = await two()
  const answer = await deletion(gateway.url, '{"session_ids": [], "session_types": []}')
  expect(answer.status).toBe(204)
  expect(a.asked).toEqual(['DELETE /sessions'])
})
