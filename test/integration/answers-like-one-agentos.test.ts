import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import { answerJson, startFakeUpstream } from '../support/fake-upstream.ts'
import { gatewayOf, startGateway } from '../support/gateway.ts'

const TOKEN = 'token-of-the-gateway'

/** Lists its components only for the gateway's own token. */
function startClosedAgentOs() {
  return startFakeUpstream(({ url, headers }, response) => {
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      answerJson(response, { detail: 'Authorization header missing' }, 401)
    } else
      answerJson(response, url === '/agents' ? [{ id: 'closed' }] : url === '/config' ? {} : [])
  })
}

test('an unknown component answers 404 even beside an upstream with closed lists', async () => {
  const open = await startAgentOs({ agents: ['open'] })
  const closed = await startClosedAgentOs()
  const { url } = await startGateway(
    {
      upstreams: [
        { name: 'open', url: open.url },
        { name: 'closed', url: closed.url, config_token: TOKEN },
      ],
    },
    { ready: ['open', 'closed'] },
  )
  const unknown = await send(`${url}/agents/nope/runs`, { method: 'POST', body: 'message=x' })
  expect([unknown.status, await unknown.json()]).toEqual([404, { detail: 'Agent not found' }])
  expect(
    (await send(`${url}/agents/closed/runs`, { method: 'POST', body: 'message=x' })).status,
  ).toBe(401)
})

test('an unknown component answers with the refusal of a closed upstream', async () => {
  const closed = await startClosedAgentOs()
  const gateway = await startGateway({ upstreams: [{ name: 'closed', url: closed.url }] })
  await gateway.upstreamIs('closed', 'refused')
  const answer = await send(`${gateway.url}/agents/nope`)
  expect([answer.status, await answer.json()]).toEqual([
    401,
    { detail: 'Authorization header missing' },
  ])
})

test.each(['/health', '/', '/config', '/nothing-like-it'])(
  'the content type of %s is JSON without a charset',
  async (path) => {
    const a = await startAgentOs({ agents: ['a'] })
    const b = await startAgentOs({ agents: ['b'] })
    const { url } = await gatewayOf({ a: a.url, b: b.url })
    expect((await send(url + path)).headers['content-type']).toBe('application/json')
  },
)

test('a request without an origin gets no CORS headers', async () => {
  const a = await startAgentOs({ agents: ['a'] })
  const { url } = await gatewayOf({ a: a.url })
  const { headers } = await send(`${url}/agents`)
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
  expect(headers.vary).toBe('Origin')
})

const OBJECTS = [{ id: 'gpt-4o-mini', provider: 'OpenAI' }]

test.each([
  ['Agno 2 and Agno 3 are mixed', { available_models: [] }, []],
  ['Agno 2 lists models', { available_models: ['gpt-4o'] }, []],
  ['all upstreams run Agno 3', { available_models: [], queue: {} }, OBJECTS],
])('the merged available_models suit every client where %s', async (_where, config, expected) => {
  const a = await startAgentOs({ agents: ['a'], config })
  const b = await startAgentOs({ agents: ['b'], config: { available_models: OBJECTS, queue: {} } })
  const { url } = await gatewayOf({ a: a.url, b: b.url })
  const merged = (await (await send(`${url}/config`)).json()) as { available_models?: unknown }
  expect(merged.available_models).toEqual(expected)
  const named = await (await send(`${url}/upstreams/b/config`)).json()
  expect(named).toMatchObject({ available_models: OBJECTS })
})

test.each([
  ['/agents/b/runs', 'b'],
  ['/agents/b', 'b'],
  ['/agents/nobody/runs?x=1', 'a'],
])('OPTIONS %s is answered with the allowed methods of upstream %s', async (path, name) => {
  const methods = (allow: string) => (_: unknown, response: ServerResponse) =>
    answerJson(response.setHeader('allow', allow), { detail: 'Method Not Allowed' }, 405)
  const a = await startAgentOs({ agents: ['a'] }, methods('a'))
  const b = await startAgentOs({ agents: ['b'] }, methods('b'))
  const { url } = await gatewayOf({ a: a.url, b: b.url })
  const answer = await send(url + path, { method: 'OPTIONS' })
  expect([answer.status, answer.headers.allow]).toEqual([405, name])
  const asked = [a, b].flatMap(({ requests }) => requests.filter((r) => r.method === 'OPTIONS'))
  expect(asked.map((request) => request.url)).toEqual([path])
})

test('OPTIONS answers 404 when no upstream is an AgentOS', async () => {
  const upstreams = [{ name: 'a', url: 'http://127.0.0.1:9', protocol: 'a2a' }]
  const { url } = await startGateway({ upstreams })
  expect((await send(`${url}/agents/nobody/runs`, { method: 'OPTIONS' })).status).toBe(404)
})
