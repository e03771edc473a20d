import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { apiKey, keyAuth } from '../../support/api-keys.ts'
import { send } from '../../support/client.ts'
import { chat, HI, postJson, rpc, saying } from '../../support/faces.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { callTool, rpc as mcp, responseOf, resultOf } from '../../support/mcp.ts'

const CI = apiKey('ci', { scopes: ['agents:echo:run', 'agents:echo:read'], user: 'robot' })
const WRONG = apiKey('ci').headers

async function start() {
  const upstream = await startAgentOs({ agents: ['echo', 'poet'] }, ({ method }, response) => {
    if (method !== 'POST') response.writeHead(404).end('{}')
    else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(HI)
  })
  const faces = { openai: true, mcp: true, a2a: true, agui: true }
  const gateway = await gatewayOf({ a: upstream.url }, { faces, auth: keyAuth(CI) })
  return { upstream, gateway }
}

test('the OpenAI face takes a key as `api_key` and limits it to its scopes', async () => {
  const { upstream, gateway } = await start()
  const listed = await send(`${gateway.url}/v1/models`, { headers: CI.headers })
  const { data } = (await listed.json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual(['agent/echo'])
  expect((await chat(gateway, {}, CI.headers)).status).toBe(200)
  expect((await chat(gateway, { model: 'agent/poet' }, CI.headers)).status).toBe(404)
  const refused = await chat(gateway, {}, WRONG)
  expect([refused.status, await refused.json()]).toMatchObject([
    401,
    { error: { message: 'Invalid API key', code: 'invalid_api_key' } },
  ])
  expect(await gateway.log.access('/v1/chat/completions')).toMatchObject({
    key: 'ci',
    face: 'openai',
  })
  const sent = JSON.stringify(upstream.requests.map(({ rawHeaders }) => rawHeaders))
  expect(sent).not.toContain(CI.key)
})

test('the MCP face takes a key and hides the tools of other components', async () => {
  const { gateway } = await start()
  const { headers } = CI
  const { tools } = (await resultOf(mcp(gateway, 'tools/list', {}, { headers }))) as {
    tools: { name: string }[]
  }
  const names = tools.map(({ name }) => name)
  expect([names.includes('echo'), names.includes('poet')]).toEqual([true, false])
  const message = { message: 'hi' }
  const allowed = await resultOf(callTool(gateway, 'echo', message, { headers }))
  expect(JSON.stringify(allowed)).toContain('hi')
  const denied = await responseOf(callTool(gateway, 'poet', message, { headers }))
  expect(denied['result']).toMatchObject({ isError: true })
  const refused = await callTool(gateway, 'echo', message, { headers: WRONG })
  expect(refused.status).toBe(401)
})

test('the A2A and AG-UI faces take a key', async () => {
  const { gateway } = await start()
  const messages = [{ id: 'm', role: 'user', content: 'hi' }]
  const input = { threadId: 't', runId: 'r', messages, tools: [], context: [], state: {} }
  const agui = (headers: Record<string, string>) =>
    postJson(`${gateway.url}/agui/agents/echo`, input, headers)
  for (const [headers, status] of [
    [CI.headers, 200],
    [WRONG, 401],
  ] as const) {
    expect((await rpc(gateway, 'SendMessage', saying('hi'), headers)).status).toBe(status)
    expect((await agui(headers)).status).toBe(status)
  }
})
