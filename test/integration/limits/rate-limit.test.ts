import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

/** Returns the statuses of consecutive requests. */
async function statuses(rate_limit: object, asked: readonly (readonly [string, string])[]) {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH, rate_limit })
  const answers = []
  for (const [path, token] of asked) {
    answers.push(await send(gateway.url + path, { headers: bearer(token) }))
  }
  return { answers, statuses: answers.map(({ status }) => status) }
}

const ALICE = tokenFor({ sub: 'alice' })
const ALICE_AGAIN = tokenFor({ sub: 'alice', jti: 'other' })
const BOB = tokenFor({ sub: 'bob' })

test('a caller over the limit gets 429 with retry-after, with any token', async () => {
  const found = await statuses({ max: 2 }, [
    ['/agents', ALICE],
    ['/agents', ALICE_AGAIN],
    ['/teams', ALICE],
    ['/agents', BOB],
  ])
  expect(found.statuses).toEqual([200, 200, 429, 200])
  const refused = found.answers[2]
  expect(await refused?.json()).toEqual({ detail: 'Rate limit exceeded' })
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0)
  expect(refused?.headers['x-agentos-gateway-error']).toBe('AGW_RATE_LIMITED')
})

test("a component's limit counts all callers and spellings of its path", async () => {
  const found = await statuses({ max: 2, by: 'component' }, [
    ['/agents/echo', ALICE],
    ['/upstreams/a/agents/echo', BOB],
    ['/agents/%65cho', BOB],
    ['/agents/other', BOB],
    ['/agents', ALICE],
  ])
  expect(found.statuses).toEqual([200, 200, 429, 200, 200])
})

test('several limits apply together, failed logins count and /health does not', async () => {
  const limits = [
    { max: 3, by: 'address' },
    { max: 100, by: 'identity' },
  ]
  const found = await statuses(limits, [
    ['/agents', 'wrong'],
    ['/agents', 'wrong'],
    ['/agents', ALICE],
    ['/agents', ALICE],
    ['/health', ALICE],
  ])
  expect(found.statuses).toEqual([401, 401, 200, 429, 200])
})
