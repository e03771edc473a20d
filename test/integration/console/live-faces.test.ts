import { expect, test } from 'vitest'
import type { Exchange } from '../../support/agentos.ts'
import { startAgentOs } from '../../support/agentos.ts'
import type { Answer } from '../../support/client.ts'
import { send } from '../../support/client.ts'
import { chat, postJson, rpc, runEvent, saying } from '../../support/faces.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { callTool } from '../../support/mcp.ts'
import { startProcess } from '../../support/process.ts'

interface Gateway {
  readonly url: string
}

interface LiveView {
  readonly open: number
  readonly runs: readonly Readonly<Record<string, unknown>>[]
}

const FACES = { openai: true, mcp: true, a2a: true, agui: true }

/** Starts a run of the agent `echo`, as a client of each protocol does. */
const RUNS: readonly (readonly [string, (gateway: Gateway) => Promise<Answer>])[] = [
  ['chat completion', (gateway) => chat(gateway, { stream: true })],
  ['whole chat completion', (gateway) => chat(gateway)],
  [
    'response',
    (gateway) =>
      postJson(`${gateway.url}/v1/responses`, {
        model: 'agent/echo',
        input: 'hello',
        stream: true,
      }),
  ],
  [
    'MCP tool call',
    (gateway) => callTool(gateway, 'run_agent', { agent_id: 'echo', message: 'hello' }),
  ],
  ['A2A message', (gateway) => rpc(gateway, 'SendStreamingMessage', saying('hello'))],
  [
    'AG-UI run',
    (gateway) =>
      postJson(`${gateway.url}/agui/agents/echo`, {
        threadId: 's-1',
        runId: 'client-1',
        messages: [{ id: '1', role: 'user', content: 'hello' }],
        tools: [],
        context: [],
        state: {},
        forwardedProps: {},
      }),
  ],
]

async function live({ url }: Gateway): Promise<LiveView> {
  return (await (await send(`${url}/gateway/live`)).json()) as LiveView
}

/** Returns the request of the run. AG-UI looks for the session first. */
async function runOf(next: () => Promise<Exchange>): Promise<Exchange> {
  const first = await next()
  if (first.request.method === 'POST') return first
  first.json({ detail: 'Session not found' }, 404)
  return next()
}

/** Cancels the listed run as the page Live does, and ends it as AgentOS does. */
async function cancelListed(gateway: Gateway, next: () => Promise<Exchange>) {
  const stream = (await runOf(next)).events()
  stream.write(runEvent('RunStarted'))
  await expect.poll(async () => (await live(gateway)).runs[0]?.['run_id']).toBe('r-1')
  const [listed] = (await live(gateway)).runs
  expect(listed).toMatchObject({ component: 'agents/echo', upstream: 'a', session_id: 's-1' })
  const query = `session_id=${String(listed?.['session_id'])}`
  const path = `/${String(listed?.['component'])}/runs/${String(listed?.['run_id'])}/cancel?${query}`
  const cancelled = send(`${gateway.url}${path}`, { method: 'POST' })
  const exchange = await next()
  expect(exchange.request.url).toBe(path)
  exchange.json({})
  expect((await cancelled).status).toBe(200)
  stream.end(runEvent('RunCancelled', { reason: 'Cancelled by the operator' }))
}

test.each(RUNS)('/gateway/live has the ids that cancel a %s', async (_, start) => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { faces: FACES })
  const answer = start(gateway)
  await cancelListed(gateway, () => upstream.next())
  expect(await (await answer).isWhole).toBe(true)
  await expect.poll(async () => (await live(gateway)).open).toBe(0)
})

test('with two workers, the run of each protocol is listed and cancelled', async () => {
  const upstream = await startAgentOs()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const gateway = await startProcess({ workers: 2, upstreams, faces: FACES })
  for (const [, start] of RUNS) {
    const answer = start(gateway)
    await cancelListed(gateway, () => upstream.next())
    expect(await (await answer).isWhole).toBe(true)
    await expect.poll(async () => (await live(gateway)).open).toBe(0)
  }
}, 120_000)
