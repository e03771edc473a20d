/** Tests the end of an MCP session, by which an earlier client says that it is done. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { runEvent } from '../../support/faces.ts'
import { callTool, LEGACY, MODERN, mcpOf, rpc } from '../../support/mcp.ts'

type Gateway = Awaited<ReturnType<typeof mcpOf>>

const SESSION = { 'mcp-session-id': 'one' }
const OTHER = { authorization: 'Bearer other' }

const end = (gateway: Gateway, headers: Record<string, string> = SESSION) =>
  send(`${gateway.url}/mcp`, { method: 'DELETE', headers })
const list = (gateway: Gateway, headers: Record<string, string>, revision = LEGACY) =>
  rpc(gateway, 'tools/list', {}, { revision, headers })

test('An ended session is not found any more', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  expect((await list(gateway, SESSION)).status).toBe(200)
  expect((await end(gateway)).status).toBe(204)
  const refused = await list(gateway, SESSION)
  expect([refused.status, await refused.json()]).toMatchObject([404, { error: { code: -32_001 } }])
  expect((await end(gateway)).status).toBe(404)
})

test('Ending a session changes nothing for other sessions and callers', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  expect((await end(gateway)).status).toBe(204)
  const others = [
    list(gateway, { 'mcp-session-id': 'two' }),
    list(gateway, { ...SESSION, ...OTHER }),
    list(gateway, {}),
    // Revision 2026-07-28 ignores the header.
    list(gateway, SESSION, MODERN),
  ]
  for (const answer of await Promise.all(others)) expect(answer.status).toBe(200)
})

test('A client may initialize again after its session has ended', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  await end(gateway)
  const clientInfo = { name: 't', version: '1' }
  const hello = { protocolVersion: LEGACY, capabilities: {}, clientInfo }
  const options = { revision: LEGACY, headers: SESSION }
  expect((await rpc(gateway, 'initialize', hello, options)).status).toBe(200)
})

test('Ending a session ends its calls and cancels their runs', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const begin = async (headers: Record<string, string>) => {
    const args = { agent_id: 'echo', message: 'x' }
    const options = { revision: LEGACY, headers, progressToken: 'p' }
    const answer = callTool(gateway, 'run_agent', args, options)
    const exchange = await upstream.next()
    const stream = exchange.events()
    stream.write(runEvent('RunStarted'))
    await (await answer).until('"progress":0')
    return { answer: await answer, exchange, stream }
  }
  const own = await begin(SESSION)
  const another = await begin({ ...SESSION, ...OTHER })
  expect((await end(gateway)).status).toBe(204)
  expect(await own.exchange.request.closed).toBe(false)
  expect((await upstream.next()).request.url).toMatch(/^\/agents\/echo\/runs\/r-1\/cancel/)
  expect(await own.answer.isWhole).toBe(true)
  expect(own.answer.text).not.toContain('"result"')
  another.stream.end(runEvent('RunCompleted', { content: 'hi' }))
  expect(await another.answer.whole()).toContain('COMPLETED')
  expect(gateway.app.openCalls.size).toBe(0)
})

test.each([
  ['without a session', {}],
  ['with a session of no possible length', { 'mcp-session-id': 'x'.repeat(200) }],
])('A deletion %s is not allowed', async (_what, headers) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = await end(gateway, headers)
  expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST'])
})

test('A deletion by a foreign page is refused', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const foreign = { ...SESSION, origin: 'https://evil.example.com' }
  expect((await end(gateway, foreign)).status).toBe(403)
  expect((await list(gateway, SESSION)).status).toBe(200)
})
