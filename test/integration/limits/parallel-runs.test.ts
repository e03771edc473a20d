import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const ALICE = bearer(tokenFor({ sub: 'alice' }))
const BOB = bearer(tokenFor({ sub: 'bob' }))

test.each([
  [{ identity: 1 }, 'echo', ALICE],
  [{ component: 1 }, 'echo', BOB],
])('with %j a second run waits for the end of the first', async (limit, agent, caller) => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH, max_parallel_runs: limit })
  const first = run(`${gateway.url}/agents/echo/runs`, 'message=1', ALICE)
  const exchange = await upstream.next()
  const refused = await run(`${gateway.url}/agents/${agent}/runs`, 'message=2', caller)
  expect([refused.status, refused.headers['retry-after'], await refused.json()]).toEqual([
    429,
    '1',
    { detail: 'Too many runs at a time' },
  ])
  exchange.json({})
  await (await first).whole()
  const next = run(`${gateway.url}/agents/${agent}/runs`, 'message=3', caller)
  const later = await upstream.next()
  later.json({})
  expect((await next).status).toBe(200)
})

test('runs of other callers and components go on', async () => {
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
