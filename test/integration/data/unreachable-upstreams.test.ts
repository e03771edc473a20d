import { expect, test } from 'vitest'
import { send } from '../../support/client.ts'
import { startDataAgentOs } from '../../support/data-agentos.ts'
import { answerJson, startFakeUpstream } from '../../support/fake-upstream.ts'
import { gatewayOf, startGateway } from '../../support/gateway.ts'

const rows = (...ids: string[]) => ({ sessions: ids.map((session_id) => ({ session_id })) })
const json = { 'content-type': 'application/json' }

/** Starts a gateway whose upstream `a` answers while `gone` never did. */
async function withOneDown() {
  const a = await startDataAgentOs({ db: rows('s') })
  const gone = await startDataAgentOs({ far: rows('t') })
  await gone.close()
  const upstreams = [
    { name: 'a', url: a.url },
    { name: 'gone', url: gone.url },
  ]
  const gateway = await startGateway({ upstreams }, { ready: ['a'] })
  await gateway.upstreamIs('gone', 'failing')
  return gateway
}

test('a list omits a dead upstream and names it as missing', async () => {
  const gateway = await withOneDown()
  const answer = await send(`${gateway.url}/sessions`)
  expect(await answer.json()).toMatchObject({ data: [{ session_id: 's' }] })
  expect(answer.headers['x-agentos-partial']).toBe('gone')
})

test('an unknown id answers 404 naming the dead upstream', async () => {
  const gateway = await withOneDown()
  const answer = await send(`${gateway.url}/sessions/t`)
  expect(answer.status).toBe(404)
  expect(answer.headers['x-agentos-partial']).toBe('gone')
})

test('a change of an unknown id is not sent elsewhere', async () => {
  const gateway = await withOneDown()
  const answer = await send(`${gateway.url}/sessions/t`, { method: 'DELETE' })
  expect(answer.status).toBe(502)
})

test('an unknown db_id answers 502 while an upstream is down', async () => {
  const gateway = await withOneDown()
  const answer = await send(`${gateway.url}/sessions?db_id=far`)
  expect(answer.status).toBe(502)
})

test('an upstream without the feature does not count as missing', async () => {
  const a = await startDataAgentOs({ db: rows() })
  const old = await startFakeUpstream((request, response) => {
    const isKnown = ['/agents', '/teams', '/workflows', '/config'].includes(request.url)
    answerJson(response, isKnown ? [] : { detail: 'Not Found' }, isKnown ? 200 : 404)
  })
  const gateway = await gatewayOf({ a: a.url, old: old.url })
  const answer = await send(`${gateway.url}/schedules`)
  expect(answer.status).toBe(200)
  expect(answer.headers['x-agentos-partial']).toBeUndefined()
})

test('every database is migrated once and failures are reported separately', async () => {
  const shared = await startDataAgentOs({ one: {}, two: {} })
  const other = await startDataAgentOs({ one: {}, three: {} })
  const gateway = await gatewayOf({ a: shared.url, b: other.url })
  const answer = await send(`${gateway.url}/databases/all/migrate?target_version=2.0`, {
    method: 'POST',
    headers: { ...json, 'content-length': '0' },
  })
  expect(answer.status).toBe(207)
  expect(await answer.json()).toMatchObject({
    message: 'Migrated 0/3 databases to version 2.0',
    failed: { one: expect.any(String), two: expect.any(String), three: expect.any(String) },
  })
  expect(shared.asked).toHaveLength(2)
  expect(other.asked).toEqual(['POST /databases/three/migrate?target_version=2.0'])
})

test('component ids in a search filter are translated per upstream', async () => {
  const a = await startDataAgentOs({ db: {} }, { agents: ['x'] })
  const b = await startDataAgentOs({ far: {} }, { agents: [] })
  const upstreams = [
    { name: 'a', url: a.url, prefix: 'a-' },
    { name: 'b', url: b.url },
  ]
  const gateway = await startGateway({ upstreams }, { ready: ['a', 'b'] })
  const filter = {
    op: 'AND',
    conditions: [
      { op: 'EQ', key: 'agent_id', value: 'a-x' },
      { op: 'IN', key: 'agent_id', value: ['a-x', 'y'] },
      { op: 'EQ', key: 'name', value: 'a-x' },
    ],
  }
  const body = JSON.stringify({ filter, limit: 2 })
  await (
    await send(`${gateway.url}/traces/search`, { method: 'POST', headers: json, body })
  ).whole()
  expect(JSON.parse(String(a.requests.at(-1)?.body))).toEqual({
    filter: {
      op: 'AND',
      conditions: [
        { op: 'EQ', key: 'agent_id', value: 'x' },
        { op: 'IN', key: 'agent_id', value: ['x', 'y'] },
        { op: 'EQ', key: 'name', value: 'a-x' },
      ],
    },
    limit: 2,
    page: 1,
  })
})
