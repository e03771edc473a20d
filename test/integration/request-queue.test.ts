import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { begin, run } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

/** Starts a gateway that sends one request at a time to its only replica. */
async function narrow(queue: object) {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const gateway = await startGateway({
    upstreams: [{ name: 'u', url: upstream.url, discover: false, max_inflight: 1, queue }],
    agents: [{ upstream: 'u', agent_id: 'echo' }],
  })
  await gateway.log.until((line) => line['upstream'] === 'u' && line['state'] !== undefined)
  return {
    upstream,
    ask: (n: number) => run(`${gateway.url}/agents/echo/runs`, `message=${n}`),
    gateway,
  }
}

test('requests beyond max_inflight queue and leave in order of arrival', async () => {
  const { upstream, ask } = await narrow({ size: 10, timeout: '20s' })
  const answers = [ask(0)]
  const first = await upstream.next()
  for (let n = 1; n <= 5; n++) answers.push(ask(n))
  first.json({})
  for (let n = 1; n <= 5; n++) {
    const exchange = await upstream.next()
    expect(upstream.waiting).toBe(0)
    exchange.json({})
  }
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(200))
  expect(upstream.requests.filter(({ url }) => url.endsWith('/runs')).length).toBe(6)
})

test('a request that finds the queue full answers 503 at once', async () => {
  const { upstream, ask } = await narrow({ size: 0 })
  const first = ask(0)
  const exchange = await upstream.next()
  const refused = await ask(1)
  expect(refused.status).toBe(503)
  expect(refused.headers).toMatchObject({
    'retry-after': '1',
    'x-agentos-gateway-error': 'AGW_NO_REPLICA',
  })
  exchange.json({})
  expect((await first).status).toBe(200)
})

test('a request that waits beyond the queue timeout answers 503 unsent', async () => {
  const { upstream, ask } = await narrow({ size: 10, timeout: '60ms' })
  const first = ask(0)
  const exchange = await upstream.next()
  expect((await ask(1)).status).toBe(503)
  exchange.json({})
  expect((await first).status).toBe(200)
  expect(upstream.requests.filter(({ url }) => url.endsWith('/runs')).length).toBe(1)
})

test('a caller that leaves the queue makes room for the next', async () => {
  const { upstream, ask, gateway } = await narrow({ size: 1, timeout: '20s' })
  const first = ask(0)
  const exchange = await upstream.next()
  const impatient = begin(`${gateway.url}/agents/echo/runs`)
  impatient.end()
  await expect.poll(async () => (await ask(9)).status).toBe(503)
  impatient.destroy()
  await gateway.log.access('/agents/echo/runs')
  await gateway.log.until((line) => line['error'] === 'AGW_CLIENT_CLOSED')
  const second = ask(1)
  exchange.json({})
  ;(await upstream.next()).json({})
  expect([(await first).status, (await second).status]).toEqual([200, 200])
  expect(upstream.requests.filter(({ url }) => url.endsWith('/runs')).length).toBe(2)
})

test('queued requests fail at once when their replica dies', async () => {
  const { upstream, ask, gateway } = await narrow({ size: 10, timeout: '20s' })
  const answers = [ask(0)]
  await upstream.next()
  for (let n = 1; n <= 5; n++) answers.push(ask(n))
  await expect
    .poll(async () => (await fetch(`${gateway.url}/gateway/status`)).text())
    .toContain('"waiting":5')
  const startedAt = performance.now()
  await upstream.close()
  const codes = (await Promise.all(answers)).map(
    ({ headers }) => headers['x-agentos-gateway-error'],
  )
  expect(codes).toEqual(['AGW_UPSTREAM_RESET', ...Array(5).fill('AGW_UPSTREAM_UNREACHABLE')])
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})
