/** Tests the MCP face with a scripted AgentOS: runs, tools, refusals, progress and cancellation. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { HI, postJson, runEvent } from '../../support/faces.ts'
import {
  callTool,
  LEGACY,
  MODERN,
  mcpOf,
  messagesOf,
  responseOf,
  resultOf,
  rpc,
} from '../../support/mcp.ts'

const REVISIONS = [MODERN, LEGACY, '2025-06-18']
const ECHO = { agent_id: 'echo', message: 'hello' }

test.each(REVISIONS)('A run in %s becomes the answer of its tool', async (revision) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = callTool(
    gateway,
    'run_agent',
    { ...ECHO, session_id: 's-1', user_id: 'ada' },
    { revision },
  )
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs')
  const form = new URLSearchParams((await exchange.body()).toString())
  expect(Object.fromEntries(form)).toMatchObject({
    message: 'hello',
    session_id: 's-1',
    user_id: 'ada',
    stream: 'true',
  })
  exchange.events().end(HI)
  expect(await resultOf(answer)).toMatchObject({
    content: [{ type: 'text', text: 'hi' }],
    structuredContent: { run_id: 'r-1', session_id: 's-1', status: 'COMPLETED', agent_id: 'echo' },
  })
})

test('A run without a session begins a new one', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = callTool(gateway, 'echo', { message: 'hello' })
  const exchange = await upstream.next()
  const form = new URLSearchParams((await exchange.body()).toString())
  expect(form.get('session_id')).toMatch(/^[\da-f-]{36}$/)
  exchange.events().end(HI)
  expect((await answer).status).toBe(200)
})

test.each(REVISIONS)('The head of a run in %s comes before the first event', async (revision) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = callTool(gateway, 'run_agent', ECHO, { revision })
  const exchange = await upstream.next()
  const { status, headers } = await answer
  expect([status, headers['content-type']]).toEqual([200, 'text/event-stream'])
  exchange.events().end(HI)
})

test('Progress comes from tool calls and while the upstream is silent', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, { heartbeat: '50ms' })
  const answer = await Promise.all([
    callTool(gateway, 'run_agent', ECHO, { progressToken: 'p' }),
    upstream.next().then((exchange) => exchange.events()),
  ])
  const [received, response] = answer
  const tool = { tool_call_id: 'c', tool_name: 'add' }
  response.write(runEvent('RunStarted') + runEvent('ToolCallStarted', { tool }))
  await received.until('"progress":2')
  response.end(HI)
  const messages = await messagesOf(received)
  const notified = messages.filter(({ method }) => method === 'notifications/progress')
  expect(notified.slice(0, 3).map(({ params }) => params)).toEqual([
    { progressToken: 'p', progress: 0, message: 'Agent echo started' },
    { progressToken: 'p', progress: 1, message: 'Tool call started: add' },
    { progressToken: 'p', progress: 2, message: 'Tool call started: add' },
  ])
  expect(messages.at(-1)).toHaveProperty('result')
})

test.each(REVISIONS)('A silent stream of %s gets comments at the heartbeat', async (revision) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, { heartbeat: '50ms' })
  const calling = callTool(gateway, 'run_agent', ECHO, { revision })
  const response = (await upstream.next()).events()
  const answer = await calling
  await answer.until(': keepalive')
  response.end(HI)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'COMPLETED' } })
})

test('A client without a progress token gets the result alone', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = callTool(gateway, 'run_agent', ECHO)
  ;(await upstream.next()).events().end(HI)
  expect(await messagesOf(await answer)).toHaveLength(1)
})

/** Begins a run, and waits until the gateway has read its first event. */
async function begun(options: Parameters<typeof callTool>[3] = {}) {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const pending = callTool(gateway, 'run_agent', ECHO, { progressToken: 'p', ...options })
  const exchange = await upstream.next()
  const response = exchange.events()
  response.write(runEvent('RunStarted'))
  const answer = await pending
  await answer.until('"progress":0')
  return { upstream, gateway, exchange, response, answer }
}

test.each(REVISIONS)('A caller of %s that leaves cancels the run', async (revision) => {
  const { upstream, exchange, answer } = await begun({ revision })
  answer.abort()
  expect(await exchange.request.closed).toBe(false)
  const cancel = await upstream.next()
  expect(cancel.request.url).toBe('/agents/echo/runs/r-1/cancel?session_id=s-1')
  cancel.json({})
})

const cancelled = (gateway: { url: string }, session: string, requestId: unknown = 'x') =>
  postJson(
    `${gateway.url}/mcp`,
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } },
    { accept: 'application/json, text/event-stream', 'mcp-session-id': session },
  )

test('A cancelled notification ends the call and cancels the run', async () => {
  const headers = { 'mcp-session-id': 'one' }
  const { upstream, gateway, exchange, answer } = await begun({
    revision: LEGACY,
    id: 'x',
    headers,
  })
  expect((await cancelled(gateway, 'one')).status).toBe(202)
  expect(await exchange.request.closed).toBe(false)
  expect((await upstream.next()).request.url).toMatch(/^\/agents\/echo\/runs\/r-1\/cancel/)
  expect(await answer.isWhole).toBe(true)
  expect(answer.text).not.toContain('"result"')
  expect(gateway.app.openCalls.size).toBe(0)
})

test('A cancelled notification of another session or request changes nothing', async () => {
  const headers = { 'mcp-session-id': 'one' }
  const { upstream, gateway, response, answer } = await begun({ revision: LEGACY, id: 7, headers })
  const others = [
    cancelled(gateway, 'two', 7),
    cancelled(gateway, 'one', '7'),
    cancelled(gateway, 'one', null),
    cancelled(gateway, 'x'.repeat(200), 7),
  ]
  for (const each of await Promise.all(others)) expect(each.status).toBeLessThan(500)
  response.end(HI)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'COMPLETED' } })
  expect(upstream.waiting).toBe(0)
})

test('initialize names a session and the revision that was asked for', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, { id: 'gw', name: 'Gate' })
  const hello = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 't', version: '1' },
  }
  const answer = await rpc(gateway, 'initialize', hello, { revision: LEGACY })
  expect(answer.headers['mcp-session-id']).toMatch(/^[\da-f-]{36}$/)
  expect(await resultOf(answer)).toMatchObject({
    protocolVersion: '2025-06-18',
    serverInfo: { name: 'Gate' },
    capabilities: { tools: {} },
  })
  expect(await resultOf(rpc(gateway, 'ping', {}, { revision: LEGACY }))).toEqual({})
})

test('server/discover lists the revision and the capabilities', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  expect(await resultOf(rpc(gateway, 'server/discover'))).toMatchObject({
    supportedVersions: [MODERN],
    capabilities: { tools: { listChanged: true } },
  })
})

test.each([
  ['an unknown tool', 'nope', {}],
  ['a name of an object member', 'constructor', {}],
])('A call of %s is an error of the protocol', async (_what, name, args) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  for (const revision of REVISIONS) {
    const { error } = await responseOf(callTool(gateway, name, args, { revision }))
    expect(error).toEqual({ code: -32_602, message: `Unknown tool: ${name}` })
  }
})

test.each([
  ['a missing argument', 'run_agent', { agent_id: 'echo' }, 400],
  ['an argument of another type', 'get_sessions', { limit: 'x' }, 400],
  ['an unknown argument', 'echo', { message: 'x', more: 1 }, 400],
  ['no owner', 'cancel_run', { run_id: 'r' }, 400],
  ['an unknown agent', 'run_agent', { agent_id: 'nobody', message: 'x' }, 404],
])('A call with %s is an answer that the model sees', async (_what, name, args, status) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const result = await resultOf(callTool(gateway, name, args))
  expect(result).toMatchObject({ isError: true, structuredContent: { error: { status } } })
  expect(upstream.waiting).toBe(0)
})

test.each([
  ['tools/call', LEGACY, 400, -32_602],
  ['tools/call', MODERN, 400, -32_602],
  ['initialize', LEGACY, 400, -32_602],
  ['initialize', MODERN, 404, -32_601],
])('%s in %s without its parameters is %i', async (method, revision, status, code) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = await rpc(gateway, method, {}, { revision })
  expect([answer.status, await answer.json()]).toMatchObject([status, { id: 1, error: { code } }])
})

const RAW = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }

test.each([
  ['no JSON', '{', 400, -32_700],
  ['a batch', '[]', 400, -32_600],
  ['a text', '"x"', 400, -32_600],
  ['no JSON-RPC', '{"a":1}', 400, -32_600],
  ['too large a body', `{"x":"${'x'.repeat(2_000)}"}`, 413, -32_000],
])('A body that is %s gets an error of the protocol', async (_what, body, status, code) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, { json_body_limit: '1KiB' })
  const answer = await send(`${gateway.url}/mcp`, { method: 'POST', body, headers: RAW })
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', error: { code }, id: null })
})

test.each([
  ['an unknown revision', { 'mcp-protocol-version': '1999-01-01' }],
  ['another method', { 'mcp-method': 'tools/call' }],
])('A header of %s is refused', async (_what, headers) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = await rpc(gateway, 'tools/list', {}, { headers })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ error: { code: expect.any(Number) }, id: 1 })
})

test.each(['GET', 'DELETE'])(
  'the MCP server answers 405 to %s without a session',
  async (method) => {
    const upstream = await startAgentOs()
    const gateway = await mcpOf(upstream.url)
    const answer = await send(`${gateway.url}/mcp`, { method, headers: RAW })
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST'])
    expect(await answer.json()).toMatchObject({ error: { code: -32_000 } })
  },
)

test.each([
  ['a foreign page', { origin: 'https://evil.example.com' }],
  ['a rebound name', { host: 'evil.example.com' }],
])('A request of %s is refused', async (_what, headers) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = await rpc(gateway, 'tools/list', {}, { headers })
  expect(answer.status).toBe(403)
  expect((await rpc(gateway, 'tools/list', {}, { headers: { origin: gateway.url } })).status).toBe(
    200,
  )
})

test('A failed run and a broken one are errors that the model sees', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const failed = callTool(gateway, 'run_agent', ECHO)
  ;(await upstream.next())
    .events()
    .end(runEvent('RunStarted') + runEvent('RunError', { content: 'broken' }))
  expect(await resultOf(failed)).toMatchObject({
    isError: true,
    content: [{ text: 'broken' }],
    structuredContent: { run_id: 'r-1', status: 'ERROR' },
  })
  const cut = callTool(gateway, 'run_agent', ECHO)
  const response = (await upstream.next()).events()
  response.write(runEvent('RunStarted'), () => response.destroy())
  expect(await resultOf(cut)).toMatchObject({
    isError: true,
    structuredContent: { status: 'ERROR' },
  })
  const refused = callTool(gateway, 'run_agent', ECHO)
  ;(await upstream.next()).json({ detail: 'No such model' }, 422)
  expect(await resultOf(refused)).toMatchObject({
    isError: true,
    structuredContent: { error: { status: 422, message: 'No such model' } },
  })
})

test('A dead upstream is an error that the model sees', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  await upstream.close()
  const result = await resultOf(callTool(gateway, 'run_agent', ECHO))
  expect(result).toMatchObject({ isError: true, structuredContent: { error: { status: 502 } } })
})

test("An upstream's own MCP server stays reachable", async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
  const answers = [
    postJson(`${gateway.url}/upstreams/a/mcp`, body),
    postJson(`${gateway.url}/mcp`, body, { 'x-agentos-upstream': 'a' }),
  ]
  for (const answer of answers) {
    const exchange = await upstream.next()
    expect(exchange.request.url).toBe('/mcp')
    expect(JSON.parse((await exchange.body()).toString())).toEqual(body)
    exchange.json({ own: true })
    expect(await (await answer).json()).toEqual({ own: true })
  }
})

test('The information names the MCP server of the gateway', async () => {
  const info = { mcp: { enabled: true, path: '/own', oauth: null, tool_run_endpoint: true } }
  const upstream = await startAgentOs({ agents: ['echo'], info })
  const gateway = await mcpOf(upstream.url, { faces: { mcp: { path: '/tools/' } } })
  expect(await (await send(`${gateway.url}/info`)).json()).toMatchObject({
    mcp: { enabled: true, path: '/tools', oauth: null, tool_run_endpoint: false },
  })
  const body = { jsonrpc: '2.0', id: 1, method: 'ping' }
  expect((await postJson(`${gateway.url}/tools`, body, RAW)).status).toBe(200)
})
