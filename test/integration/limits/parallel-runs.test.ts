import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { eventText } from '../../support/fake-upstream.ts'
import { gatewayOf, startGateway } from '../../support/gateway.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const ALICE = bearer(tokenFor({ sub: 'alice' }))
const BOB = bearer(tokenFor({ sub: 'bob' }))

test.each([
  [{ identity: 1 }, 'echo', ALICE],
  [{ component: 1 }, 'echo', BOB],
])('with %j a second run is refused until the first ends', async (limit, agent, caller) => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH, max_parallel_runs: limit })
  const first = run(`${gateway.url}/agents/echo/runs`, 'message=1', ALICE)
  const exchange = await upstream.next()
  const refused = await run(`${gateway.url}/agents/${agent}/runs`, 'message=2', caller)
  expect([refused.status, refused.headers['retry-after'], await refused.json()]).toEqual([
    429,
    '1',
    { detail: 'Too many concurrent runs' },
  ])
  exchange.json({})
  await (await first).whole()
  const next = run(`${gateway.url}/agents/${agent}/runs`, 'message=3', caller)
  const later = await upstream.next()
  later.json({})
  expect((await next).status).toBe(200)
})

test('a run that is read on without its caller counts until its end', async () => {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: upstream.url, on_disconnect: 'detach' }],
      max_parallel_runs: { component: 1 },
    },
    { ready: ['a'] },
  )
  const path = `${gateway.url}/agents/echo/runs`
  const first = run(path)
  const stream = (await upstream.next()).events()
  stream.write(eventText({ event: 'RunStarted', run_id: 'r-1' }))
  const answer = await first
  await answer.event()
  answer.abort()
  await gateway.log.access('/agents/echo/runs')
  expect((await run(path)).status).toBe(429)
  stream.end()
  await expect.poll(() => gateway.app.openResponses.size).toBe(0)
  const next = run(path)
  ;(await upstream.next()).json({})
  expect((await next).status).toBe(200)
})

test('runs of other callers and components are not limited', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  const max_parallel_runs = { identity: 1, component: 1 }
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH, max_parallel_runs })
  const first = run(`${gateway.url}/agents/echo/runs`, 'message=1', ALICE)
  const one = await upstream.next()
  const second = run(`${gateway.url}/agents/other/runs`, 'message=2', BOB)
  const two = await upstream.next()
  one.json({})
  two.json({})
  expect([(await first).status, (await second).status]).toEqual([200, 200])
})

test.each([
  '/agents/echo/runs/',
  '/agents/%65cho/%72uns',
  '/upstreams/a/agents/echo/runs',
  '/upstreams/a/agents/echo/runs/',
  '/upstreams/a/%61gents/echo/run%73/?x=1',
  '/upstreams/a/agents/echo/runs/r1/continue/',
  '/agents/echo/runs/?upstream=a',
  '/agents/echo/runs?%75pstream=a',
])('a run started through %s counts toward the limit of its component', async (path) => {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const gateway = await gatewayOf({ a: upstream.url }, { max_parallel_runs: { component: 1 } })
  const first = run(`${gateway.url}${path}`)
  const exchange = await upstream.next()
  expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(429)
  expect((await run(`${gateway.url}${path}`)).status).toBe(429)
  exchange.json({})
  expect((await first).status).toBe(200)
})

const INTERFACES = {
  config: {
    interfaces: [
      { type: 'a2a', route: '/a2a' },
      { type: 'agui', route: '/chat' },
    ],
  },
  info: { mcp: { enabled: true, path: '/mcp', oauth: null } },
}
const EVAL = '{"agent_id":"echo","input":"x"}'

test.each([
  ['/a2a/agents/echo/v1/message:send', '{}', '/agents/echo/runs'],
  ['/a2a/agents/echo/v1/message:stream', '{}', '/upstreams/a/a2a/agents/echo/v1/message:send'],
  ['/upstreams/a/a2a/agents/echo/v1/message:stream/', '{}', '/agents/echo/runs'],
  ['/eval-runs', EVAL, '/agents/echo/runs'],
  ['/upstreams/a/eval-runs', EVAL, '/agents/echo/runs'],
  ['/eval-runs?upstream=a', EVAL, '/a2a/agents/echo/v1/message:send'],
  ['/chat/agui', '{}', '/upstreams/a/chat/agui'],
  ['/upstreams/a/chat/agui', '{}', '/chat/agui'],
])('runs through %s with %s and through %s share a limit', async (path, body, other) => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'], ...INTERFACES })
  const gateway = await gatewayOf({ a: upstream.url }, { max_parallel_runs: { component: 1 } })
  const post = (at: string) =>
    send(gateway.url + at, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
  const first = post(path)
  const exchange = await upstream.next()
  expect((await post(path)).status).toBe(429)
  expect((await post(other)).status).toBe(429)
  exchange.json({})
  expect(await (await first).json()).toEqual({})
  const second = post(other)
  const later = await upstream.next()
  expect((await post(path)).status).toBe(429)
  later.json({})
  await (await second).whole()
})

test.each(['/mcp', '/upstreams/a/mcp', '/upstreams/a/a2a/message/stream', '/eval-runs'])(
  'a request to %s counts as one run of its caller',
  async (path) => {
    const upstream = await startAgentOs({ agents: ['echo', 'other'], ...INTERFACES })
    const limits = { auth: JWT_AUTH, max_parallel_runs: { identity: 1 } }
    const gateway = await gatewayOf({ a: upstream.url }, limits)
    const first = run(gateway.url + path, '{}', ALICE)
    const exchange = await upstream.next()
    expect((await run(`${gateway.url}/agents/other/runs`, '', ALICE)).status).toBe(429)
    exchange.json({})
    expect((await first).status).toBe(200)
  },
)

test.each([
  ['GET', '/a2a/agents/echo/.well-known/agent-card.json'],
  ['GET', '/eval-runs/1'],
  ['POST', '/schedules/s1/trigger'],
])('%s %s is served while the only run is in progress', async (method, path) => {
  const upstream = await startAgentOs({ ...INTERFACES, agents: ['echo'] })
  const limits = { max_parallel_runs: { identity: 1, component: 1 } }
  const gateway = await gatewayOf({ a: upstream.url }, limits)
  const first = run(`${gateway.url}/agents/echo/runs`)
  const exchange = await upstream.next()
  const second = send(gateway.url + path, { method })
  const other = await upstream.next()
  other.json({})
  expect((await second).status).toBe(200)
  exchange.json({})
  expect((await first).status).toBe(200)
})

describe('runs over the WebSocket', () => {
  const START = { action: 'start-workflow', workflow_id: 'flow', message: 'hi' }
  const REFUSED = { event: 'error', error: 'Too many concurrent runs' }
  const END = { event: 'WorkflowCompleted', workflow_id: 'flow', nested_depth: 0 }

  async function oneRun() {
    const upstream = await startSocketUpstream({ workflows: ['flow'] })
    const gateway = await gatewayOf({ a: upstream.url }, { max_parallel_runs: { component: 1 } })
    const client = await connectedSocket(gateway.url)
    client.say(START)
    const end = await upstream.next()
    await end.start('r-1')
    await client.nextEvent()
    const other = await connectedSocket(gateway.url)
    expect(await other.ask(START)).toEqual(REFUSED)
    return { upstream, gateway, client, end, other }
  }

  test('a WebSocket run holds its slot until its final event', async () => {
    const { gateway, client, end, other, upstream } = await oneRun()
    expect((await run(`${gateway.url}/workflows/flow/runs`)).status).toBe(429)
    expect(await client.ask(START)).toEqual(REFUSED)
    end.event({ ...END, run_id: 'r-1' })
    await client.nextEvent()
    other.say(START)
    expect(await (await upstream.next()).next()).toMatchObject(START)
  })

  test('a WebSocket run frees its slot when the upstream refuses it', async () => {
    const { client, end } = await oneRun()
    end.event({ ...END, run_id: 'r-1' })
    await client.nextEvent()
    client.say(START)
    await end.next()
    end.say({ event: 'error', error: 'no' })
    expect(await client.next()).toMatchObject({ error: 'no' })
    client.say(START)
    expect(await end.next()).toMatchObject(START)
  })

  test.each([
    ['client', ({ client }: Awaited<ReturnType<typeof oneRun>>) => client.socket.terminate()],
    ['upstream', ({ end }: Awaited<ReturnType<typeof oneRun>>) => end.socket.terminate()],
  ])('a WebSocket run frees its slot when the %s disconnects', async (_name, breakOff) => {
    const found = await oneRun()
    breakOff(found)
    const begins = async () => {
      const client = await connectedSocket(found.gateway.url)
      client.say(START)
      const end = found.upstream.next().then(() => true)
      return Promise.race([end, client.next().then(() => false)])
    }
    await expect.poll(begins).toBe(true)
  })
})
