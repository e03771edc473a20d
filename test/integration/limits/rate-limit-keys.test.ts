import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const CALLER = tokenFor()

/** Returns the statuses of consecutive requests to a gateway whose upstream has a prefix. */
async function statuses(rate_limit: object, asked: readonly (readonly [string, string])[]) {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] }, (_request, response) => {
    response.end('{}')
  })
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'eu', url: upstream.url, prefix: 'eu-', service_accounts: true }],
      auth: JWT_AUTH,
      rate_limit,
    },
    { ready: ['eu'] },
  )
  const found: number[] = []
  for (const [path, token] of asked) {
    const answer = await send(gateway.url + path, { headers: bearer(token) })
    found.push(answer.status)
  }
  return found
}

test('a component has one rate limit under all its ids', async () => {
  const asked = [
    ['/agents/eu-echo/runs/1', CALLER],
    ['/upstreams/eu/agents/echo/runs/1', CALLER],
    ['/agents/echo/runs/1?upstream=eu', CALLER],
    ['/agents/eu-other/runs/1', CALLER],
  ] as const
  expect(await statuses({ max: 2, by: 'component' }, asked)).toEqual([200, 200, 429, 200])
})

test('unverified tokens from one address share a rate limit', async () => {
  const asked = [1, 2, 3].map((n) => ['/agents/eu-echo/runs/1', `agno_pat_${n}`] as const)
  expect(await statuses({ max: 2 }, asked)).toEqual([200, 200, 429])
})

test("health requests to an upstream are limited, unlike the gateway's own", async () => {
  const asked = [
    ['/health?upstream=eu', CALLER],
    ['/health', CALLER],
    ['/health?upstream=eu', CALLER],
  ] as const
  expect(await statuses({ max: 1 }, asked)).toEqual([200, 200, 429])
})
