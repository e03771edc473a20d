import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const EVAL = ['evals:write', 'agents:echo:run']
const PLAN = ['schedules:write', 'agents:echo:run', 'agents:echo:read']

/** Sends JSON as a caller with scopes; returns the response and the body that reached the upstream. */
async function post(path: string, body: string, scopes: string[], method = 'POST') {
  const upstream = await startAgentOs(
    { agents: ['echo', 'other'] },
    (_request, response, message) => {
      message.resume().on('end', () => response.end('{}'))
    },
  )
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: upstream.url }],
      agents: [{ upstream: 'a', agent_id: 'other', id: 'alias' }],
      auth: { ...JWT_AUTH, authorization: true },
    },
    { ready: ['a'] },
  )
  const headers = { ...bearer(tokenFor({ scopes })), 'content-type': 'application/json' }
  const answer = await send(gateway.url + path, { method, headers, body })
  const text = await answer.whole()
  const reached = upstream.requests.find((request) => request.method === method)
  return { status: answer.status, text, reached: reached?.body.toString() }
}

test.each([
  ['/eval-runs', '{"agent_id":"echo","input":"x"}', EVAL],
  ['/eval-runs', '{ "input": "no component" }', EVAL],
  ['/eval-runs', '{"agent_id":"other"}', [...EVAL, 'agents:alias:run']],
  ['/schedules', '{"endpoint":"/agents/echo/runs","method":"POST"}', PLAN],
])('%s with the body %s is forwarded byte for byte', async (path, body, scopes) => {
  expect(await post(path, body, scopes)).toMatchObject({ status: 200, reached: body })
})

test.each([
  ['/eval-runs', '{"agent_id":"other"}', EVAL],
  ['/eval-runs', '{"team_id":"duo"}', EVAL],
  ['/upstreams/a/eval-runs', '{"agent_id":"alias"}', EVAL],
  ['/schedules', '{"endpoint":"/agents/other/runs"}', PLAN],
  ['/schedules', '{"endpoint":"/agents/alias/runs"}', PLAN],
  ['/schedules', '{"endpoint":"/%61gents/other/runs"}', PLAN],
  ['/schedules', '{"endpoint":"/x/../agents/other/runs"}', PLAN],
  ['/schedules', '{"endpoint":"/sessions","method":"delete"}', PLAN],
  ['/schedules', '{"endpoint":"/no/such/route"}', PLAN],
  ['/schedules', '{"endpoint":"http://anything/agents/echo/runs?x=1"}', PLAN],
])('%s with the body %s is denied and not forwarded', async (path, body, scopes) => {
  expect(await post(path, body, scopes)).toMatchObject({ status: 403, reached: undefined })
})

test('changing a schedule requires the same scopes as creating it', async () => {
  const body = '{"endpoint":"/agents/other/runs"}'
  expect(await post('/schedules/s1', body, PLAN, 'PATCH')).toMatchObject({ status: 403 })
  expect(await post('/schedules/s1', '{"name":"n"}', PLAN, 'PATCH')).toMatchObject({ status: 200 })
})

test.each([
  '{"agent_id":NaN}',
  '{"agent_id":"echo","agent_id":"other"}',
  '{"Agent_Id":"other"}',
  '[1]',
  'agent_id=other',
  '',
  '\ufeff{"agent_id":"other"}',
])('the unreadable body %j is refused because AgentOS might accept it', async (body) => {
  expect(await post('/eval-runs', body, EVAL)).toMatchObject({ status: 422 })
})

/** AgentOS 3.1 takes the last value, and an empty one means all agents. */
const FILE_QUERIES_REFUSED = [
  'agent_id=echo&agent_id=other',
  'agent_id=echo&agent_id=',
  'agent_id=echo&%61gent_id=other',
  'agent_id[]=echo',
  'Agent_Id=echo',
  '?agent_id=echo',
  'agent_id=echo&namespace=a&namespace=b',
]

test('a file system requires the scope to read its agent', async () => {
  const scopes = ['filesystem:read', 'agents:echo:read']
  const get = (path: string) => post(path, '', scopes, 'GET')
  expect(await get('/filesystem/files?agent_id=echo')).toMatchObject({ status: 200 })
  const denied = { status: 403, text: '{"detail":"Access denied to read this agent"}' }
  expect(await get('/filesystem/files?agent_id=other')).toMatchObject(denied)
  expect(await get('/filesystem/files?agent%5Fid=other')).toMatchObject(denied)
  for (const query of FILE_QUERIES_REFUSED) {
    expect(await get(`/filesystem/files?${query}`)).toMatchObject({
      status: 422,
    })
    expect(await get(`/upstreams/a/filesystem/files/?${query}`)).toMatchObject({ status: 422 })
  }
  const lacks = '{"detail":"Insufficient permissions. Required scope(s): agents:read"}'
  for (const path of ['/filesystem/files', '/filesystem/search?agent_id=']) {
    expect(await get(path)).toMatchObject({ status: 403, text: lacks })
    expect(await post(path, '', ['filesystem:read'], 'GET')).toMatchObject({ status: 403 })
    const all = ['filesystem:read', 'agents:read']
    expect(await post(path, '', all, 'GET')).toMatchObject({ status: 200 })
  }
})
