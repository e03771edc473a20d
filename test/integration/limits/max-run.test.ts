/** Tests the limits of single runs. */
import { expect, test } from 'vitest'
import type { FakeAgentOs } from '../../support/agentos.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { run } from '../../support/client.ts'
import { answerJson, eventText } from '../../support/fake-upstream.ts'
import { gatewayOf, startGateway } from '../../support/gateway.ts'

const STARTED = eventText({ event: 'RunStarted', run_id: 'r-1', session_id: 's 1' })
const REQUESTED = { event: 'ModelRequestCompleted', run_id: 'r-1', input_tokens: 10 }
const REQUEST = eventText(REQUESTED)
const TOOL = eventText({ event: 'ToolCallStarted', run_id: 'r-1' })
const CANCELLED = eventText({ event: 'RunCancelled', run_id: 'r-1' })
const TEXT = STARTED + REQUEST + TOOL

/** Starts a run, and ends it as AgentOS does after a cancel. */
async function stopped(upstream: FakeAgentOs, url: string) {
  const answering = run(url)
  const stream = (await upstream.next()).events()
  stream.write(TEXT)
  const cancel = await upstream.next()
  const { method, url: path } = cancel.request
  cancel.json({})
  stream.end(CANCELLED)
  const answer = await answering
  return { cancel: `${method} ${path}`, text: await answer.whole(), isWhole: await answer.isWhole }
}

test.each([
  [{ tokens: 9 }, 'tokens'],
  [{ tool_calls: 1, tokens: 9 }, 'tokens'],
])('a run above %j is cancelled at its AgentOS', async (max_run, limit) => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { max_run })
  const found = await stopped(upstream, `${gateway.url}/agents/echo/runs`)
  expect(found).toEqual({
    cancel: 'POST /agents/echo/runs/r-1/cancel?session_id=s%201',
    text: TEXT + CANCELLED,
    isWhole: true,
  })
  const line = await gateway.log.until(({ msg }) => msg === 'run stopped')
  expect(line).toMatchObject({ upstream: 'a', component: 'agents/echo', limit })
  const access = await gateway.log.access('/agents/echo/runs')
  expect(access['error']).toBe('AGW_RUN_LIMIT')
})

test.each([
  '/upstreams/a/agents/echo/runs',
  '/agents/echo/runs?upstream=a',
  '/agents/echo/runs/r-1/continue',
  '/agents/%65cho/runs/',
  '/agents/echo/%72uns',
])('the limit of a component holds on %s', async (path) => {
  const upstream = await startAgentOs()
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: upstream.url }],
      agents: [{ upstream: 'a', agent_id: 'echo', max_run: { tokens: 9 } }],
    },
    { ready: ['a'] },
  )
  const { cancel } = await stopped(upstream, gateway.url + path)
  expect(cancel).toMatch(/^POST \/agents\/echo\/runs\/r-1\/cancel/)
})

test('a component replaces single limits of its upstream and of all runs', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  const gateway = await startGateway(
    {
      max_run: { tokens: 9, tool_calls: 1 },
      upstreams: [{ name: 'a', url: upstream.url, max_run: { tool_calls: 5 } }],
      agents: [{ upstream: 'a', agent_id: 'echo', max_run: { tokens: 100 } }],
    },
    { ready: ['a'] },
  )
  const through = run(`${gateway.url}/agents/echo/runs`)
  ;(await upstream.next()).events().end(TEXT + TOOL)
  expect(await (await through).whole()).toBe(TEXT + TOOL)
  expect(upstream.waiting).toBe(0)
  await stopped(upstream, `${gateway.url}/agents/other/runs`)
})

test('an unstreamed run that lasts too long is answered with 504', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { max_run: { duration: '100ms' } })
  const answer = await run(`${gateway.url}/agents/echo/runs`, 'message=1&stream=false')
  expect([answer.status, await answer.json()]).toEqual([
    504,
    { detail: 'The run exceeded its limit and was stopped' },
  ])
  expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_RUN_LIMIT')
})

test('reads and lists are not limited', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { max_run: { duration: '1ms', tokens: 1 } })
  const answering = run(`${gateway.url}/agents/echo/runs/r-1/resume`)
  const stream = (await upstream.next()).events()
  stream.write(TEXT)
  const answer = await answering
  await answer.until('ToolCallStarted')
  stream.end(CANCELLED)
  expect(await answer.whole()).toBe(TEXT + CANCELLED)
  expect(upstream.waiting).toBe(0)
})

test('a stopped run is charged to its budget', async () => {
  const upstream = await startAgentOs()
  const budgets = [{ name: 'all', by: 'all', tokens: 10, window: 'month' }]
  const gateway = await gatewayOf({ a: upstream.url }, { max_run: { tokens: 9 }, budgets })
  await stopped(upstream, `${gateway.url}/agents/echo/runs`)
  expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(429)
})

test('a background run is cancelled when it still runs after its duration', async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<string>()
  const output = { run_id: 'r-1', session_id: 's 1', status: 'RUNNING' }
  const upstream = await startAgentOs({ agents: ['echo'] }, ({ method, url }, response) => {
    if (url.includes('/cancel')) resolve(`${method} ${url}`)
    answerJson(response, output)
  })
  const gateway = await gatewayOf({ a: upstream.url }, { max_run: { duration: '500ms' } })
  const begin = () =>
    run(`${gateway.url}/agents/echo/runs`, 'message=1&background=true&stream=false')
  let answer = await begin()
  // A slow machine can spend the duration before the answer.
  while (answer.status === 504) answer = await begin()
  expect(answer.status).toBe(200)
  expect(await cancelled).toBe('POST /agents/echo/runs/r-1/cancel?session_id=s%201')
  await gateway.log.until(({ msg }) => msg === 'run stopped')
})

test('a background stream whose caller has left is read on and limited', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { max_run: { tokens: 9 } })
  const answering = run(`${gateway.url}/agents/echo/runs`, 'message=1&background=true')
  const stream = (await upstream.next()).events()
  stream.write(eventText({ event: 'RunStarted', run_id: 'r-1', event_index: 0 }))
  const answer = await answering
  await answer.event()
  answer.abort()
  await gateway.log.access('/agents/echo/runs')
  stream.write(eventText({ ...REQUESTED, event_index: 1 }))
  const cancel = await upstream.next()
  expect(cancel.request.url).toBe('/agents/echo/runs/r-1/cancel')
  cancel.json({})
  stream.end(CANCELLED)
})
