import { expect, test } from 'vitest'
import type { Serves } from '../../support/agentos.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { gatewayOf, startGateway } from '../../support/gateway.ts'

const announced = (...interfaces: [string, string][]) => ({
  interfaces: interfaces.map(([type, route]) => ({ type, version: '1.0', route })),
})

/** Starts an AgentOS that answers with its name and the request it received. */
function named(name: string, serves: Serves) {
  return startAgentOs(serves, ({ method, url }, response) =>
    answerJson(response, { at: `${name} ${method} ${url}` }),
  )
}

async function two() {
  const a = await named('a', {
    agents: ['x'],
    config: announced(['slack', '/slack'], ['a2a', '/a2a'], ['telegram', '/t'], ['agui', '']),
  })
  const b = await named('b', {
    agents: ['y'],
    config: announced(['whatsapp', '/whatsapp'], ['a2a', '/a2a'], ['telegram', '/t']),
    info: { mcp: { enabled: true, path: '/mcp', oauth: null } },
  })
  return gatewayOf({ a: a.url, b: b.url })
}

test.each([
  ['POST', '/slack/events?x=1', 'a POST /slack/events?x=1'],
  ['GET', '/whatsapp/webhook', 'b GET /whatsapp/webhook'],
  ['POST', '/agui', 'a POST /agui'],
  [
    'GET',
    '/a2a/agents/x/.well-known/agent-card.json',
    'a GET /a2a/agents/x/.well-known/agent-card.json',
  ],
  ['POST', '/a2a/agents/y/v1/message:send', 'b POST /a2a/agents/y/v1/message:send'],
  ['POST', '/mcp', 'b POST /mcp'],
  ['POST', '/upstreams/b/t/hook', 'b POST /t/hook'],
])('%s %s reaches the upstream that announced the path', async (method, path, at) => {
  const gateway = await two()
  const answer = await send(gateway.url + path, { method, headers: { 'content-length': '0' } })
  expect(await answer.json()).toEqual({ at })
})

test.each(['/t/hook', '/slackbot', '/nothing', '/a2a/agents/z/v1/message:send'])(
  'the path %s of several or no upstreams answers 404 with advice',
  async (path) => {
    const gateway = await two()
    const answer = await send(gateway.url + path)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({
      detail: expect.stringContaining('x-agentos-upstream'),
    })
  },
)

test('the merged config shows the paths of interfaces at the gateway', async () => {
  const gateway = await two()
  const { interfaces } = (await (await send(`${gateway.url}/config`)).json()) as {
    interfaces: { route: string }[]
  }
  expect(interfaces.map(({ route }) => route)).toEqual([
    '/slack',
    '/a2a',
    '/upstreams/a/t',
    '',
    '/whatsapp',
    '/upstreams/b/t',
  ])
})

test('the merged info shows the only MCP server', async () => {
  const gateway = await two()
  expect(await (await send(`${gateway.url}/info`)).json()).toMatchObject({
    mcp: { enabled: true, path: '/mcp', oauth: null },
  })
})

test('the URLs in an agent card point to the gateway', async () => {
  const upstream = await startAgentOs(
    { agents: ['x'], config: announced(['a2a', '/a2a']) },
    (_request, response) =>
      answerJson(response, {
        url: `${upstream.url}/base/a2a/agents/x/v1/message:stream`,
        additionalInterfaces: [
          { url: 'http://elsewhere/base/a2a/agents/x?v=1', transport: 'JSONRPC' },
        ],
        provider: { url: 'https://agno.com' },
      }),
  )
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: `${upstream.url}/base`, discover: false }],
      agents: [{ upstream: 'a', agent_id: 'x', id: 'alias' }],
    },
    {},
  )
  const headers = { host: 'gateway.example:81' }
  const path = '/a2a/agents/x/.well-known/agent-card.json'
  const card = await send(gateway.url + path, { headers })
  expect(await card.json()).toEqual({
    url: 'http://gateway.example:81/a2a/agents/alias/v1/message:stream',
    additionalInterfaces: [
      { url: 'http://gateway.example:81/a2a/agents/alias?v=1', transport: 'JSONRPC' },
    ],
    provider: { url: 'https://agno.com' },
  })
  const below = await send(`${gateway.url}/upstreams/a${path}`, { headers })
  expect(await below.json()).toMatchObject({
    url: 'http://gateway.example:81/upstreams/a/a2a/agents/x/v1/message:stream',
  })
})

test('a method unknown to AgentOS answers 405 with the allowed methods', async () => {
  const gateway = await two()
  const answer = await send(`${gateway.url}/sessions/s`, {
    method: 'PUT',
    headers: { 'content-length': '0' },
  })
  expect(answer.status).toBe(405)
  expect(answer.headers['allow']).toBe('GET, PATCH, DELETE')
})
