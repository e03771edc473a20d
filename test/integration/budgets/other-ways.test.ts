/** Tests budgets on faces and on the workflow WebSocket. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run } from '../../support/client.ts'
import { chat, facesOf, postJson, rpc, runEvent, saying } from '../../support/faces.ts'
import { answerJson, beginEvents } from '../../support/fake-upstream.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'

const BUDGET = { name: 'all-month', by: 'all', tokens: 100, window: 'month' }
const AGUI_RUN = {
  threadId: 't-1',
  runId: 'run-1',
  messages: [{ id: 'm-1', role: 'user', content: 'hello' }],
  tools: [],
  context: [],
  state: {},
  forwardedProps: {},
}
const COSTLY =
  runEvent('RunStarted') +
  runEvent('RunContent', { content: 'hi' }) +
  runEvent('RunCompleted', { content: 'hi', metrics: { input_tokens: 100, output_tokens: 1 } })

test('a run of any face is charged, and any face refuses the next one', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, {
    faces: { openai: true, a2a: true, agui: true, mcp: true },
    budgets: [BUDGET],
  })
  const first = chat(gateway, { stream: true })
  ;(await upstream.next()).events().end(COSTLY)
  const answer = await first
  await answer.whole()
  expect(answer.headers['x-agentos-budget-remaining']).toMatch(/^100; budget=all-month; unit=tok/)
  const second = await chat(gateway)
  expect([second.status, await second.json()]).toEqual([
    429,
    {
      error: {
        message: "The budget 'all-month' is exceeded",
        type: 'insufficient_quota',
        param: null,
        code: 'insufficient_quota',
      },
    },
  ])
  expect(second.headers['x-should-retry']).toBe('false')
  expect(Number(second.headers['retry-after'])).toBeGreaterThan(0)
  const others = [
    await postJson(`${gateway.url}/agui/agents/echo`, AGUI_RUN),
    await rpc(gateway, 'SendMessage', saying('x')),
    await postJson(`${gateway.url}/v1/responses`, { model: 'agent/echo', input: 'x' }),
  ]
  expect(others.map(({ status }) => status)).toEqual([429, 429, 429])
  const call = { name: 'run_agent', arguments: { agent_id: 'echo', message: 'x' } }
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call }
  const tool = await postJson(`${gateway.url}/mcp`, body, {
    accept: 'application/json, text/event-stream',
  })
  expect(await tool.whole()).toContain("The budget 'all-month' is exceeded")
  expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(429)
  expect(upstream.waiting).toBe(0)
})

test.each([
  ['AG-UI', (url: string) => postJson(`${url}/agui/agents/echo`, AGUI_RUN)],
  ['A2A', (url: string) => rpc({ url }, 'SendMessage', saying('x'))],
  ['chat', (url: string) => chat({ url })],
])('a run of %s is charged', async (_name, begin) => {
  const upstream = await startAgentOs({ agents: ['echo'] }, (request, response) => {
    if (request.method === 'GET') return answerJson(response, { detail: 'Not Found' }, 404)
    beginEvents(response)
    response.end(COSTLY)
  })
  const gateway = await facesOf(upstream.url, { budgets: [BUDGET] })
  const first = await begin(gateway.url)
  await first.whole()
  expect((await chat(gateway)).status).toBe(429)
})

const START = { action: 'start-workflow', workflow_id: 'flow', message: 'hi' }
const REQUEST = {
  event: 'ModelRequestCompleted',
  run_id: 'inner',
  workflow_run_id: 'r-1',
  workflow_id: 'flow',
  input_tokens: 100,
  event_index: 3,
}
const REFUSED = {
  event: 'error',
  error: "The budget 'all-month' is exceeded",
  error_type: 'gateway_error',
  error_id: 'AGW_BUDGET_EXCEEDED',
}

async function socketRun() {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url }, { budgets: [BUDGET] })
  const client = await connectedSocket(gateway.url)
  client.say(START)
  const end = await upstream.next()
  await end.start('r-1')
  await client.nextEvent()
  return { upstream, gateway, client, end }
}

test('a WebSocket run is charged while it runs, then others are refused', async () => {
  const { gateway, client, end } = await socketRun()
  end.event(REQUEST)
  await client.nextEvent()
  expect(await client.ask(START)).toEqual(REFUSED)
  expect((await run(`${gateway.url}/workflows/flow/runs`)).status).toBe(429)
  end.event({ event: 'WorkflowCompleted', workflow_id: 'flow', run_id: 'r-1', nested_depth: 0 })
  await client.nextEvent()
  expect(await client.ask(START)).toEqual(REFUSED)
})

test('a run over the WebSocket is charged by the metrics of its last event', async () => {
  const { client, end } = await socketRun()
  end.event({
    event: 'WorkflowCompleted',
    workflow_id: 'flow',
    run_id: 'r-1',
    nested_depth: 0,
    metrics: { steps: { one: { metrics: { input_tokens: 100 } } } },
  })
  await client.nextEvent()
  expect(await client.ask(START)).toEqual(REFUSED)
})

test('a run whose client has left the WebSocket is charged to its end', async () => {
  const { gateway, client, end } = await socketRun()
  client.socket.terminate()
  await gateway.log.access('/workflows/ws')
  end.event(REQUEST)
  end.event({ event: 'WorkflowCompleted', workflow_id: 'flow', run_id: 'r-1', nested_depth: 0 })
  await end.closed
  expect(await (await connectedSocket(gateway.url)).ask(START)).toEqual(REFUSED)
})

test('a run that another socket follows is charged once', async () => {
  const { upstream, gateway, client, end } = await socketRun()
  const half = { ...REQUEST, input_tokens: 60 }
  end.event(half)
  await client.nextEvent()
  client.socket.terminate()
  const other = await connectedSocket(gateway.url)
  other.say({ action: 'reconnect', run_id: 'r-1', workflow_id: 'flow' })
  const again = await upstream.next()
  await again.next()
  again.say({ event: 'subscribed', run_id: 'r-1' })
  again.say(half)
  await other.next()
  await other.next()
  other.say(START)
  expect(await again.next()).toMatchObject(START)
})
