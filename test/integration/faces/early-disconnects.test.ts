/** Tests requests of faces whose caller disconnects while the gateway still reads the body. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { begin } from '../../support/client.ts'
import { chat, facesOf, HI } from '../../support/faces.ts'
import { callTool, mcpRequest } from '../../support/mcp.ts'

type Gateway = Awaited<ReturnType<typeof facesOf>>

/** Posts a request, disconnects before the gateway admits it, and waits until the gateway has handled it. */
async function postAndLeave(gateway: Gateway, path: string, request: object): Promise<void> {
  const { headers, body } = { headers: {}, ...request } as { headers: object; body: object }
  const { admissionChecks } = gateway.app
  const handled = Promise.withResolvers<void>()
  const caller = begin(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  })
  const waiting = async ({ raw }: { readonly raw: { readonly socket: NodeJS.EventEmitter } }) => {
    const closed = once(raw.socket, 'close')
    caller.destroy()
    await closed
  }
  const last = async () => handled.resolve()
  admissionChecks.unshift(waiting as never)
  admissionChecks.push(last)
  caller.end(JSON.stringify(body))
  await handled.promise
  admissionChecks.shift()
  admissionChecks.pop()
}

test('A caller that leaves before its run is admitted keeps no slot', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, { max_parallel_runs: { component: 1 } })
  const messages = [{ role: 'user', content: 'hello' }]
  await postAndLeave(gateway, '/v1/chat/completions', { body: { model: 'agent/echo', messages } })
  const answer = chat(gateway)
  const exchange = await upstream.next()
  exchange.events().end(HI)
  expect((await answer).status).toBe(200)
})

test('An MCP call that has ended before its admission is forgotten', async () => {
  const upstream = await startAgentOs()
  const faces = { mcp: true }
  const gateway = await facesOf(upstream.url, { faces })
  const params = { name: 'run_agent', arguments: { agent_id: 'echo', message: 'hello' } }
  const headers = { 'mcp-session-id': 's' }
  await postAndLeave(gateway, '/mcp', mcpRequest('tools/call', params, { headers }))
  const answer = callTool(gateway, 'run_agent', { agent_id: 'echo', message: 'again' })
  const exchange = await upstream.next()
  exchange.events().end(HI)
  expect((await answer).status).toBe(200)
  expect(gateway.app.openCalls.size).toBe(0)
})
