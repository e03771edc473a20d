import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../support/tokens.ts'
import { startValkey } from '../support/valkey.ts'

const ALICE = bearer(tokenFor({ sub: 'alice' }))
const BOB = bearer(tokenFor({ sub: 'bob' }))

async function twoGateways(rate_limit: object) {
  const store = await startValkey()
  const upstream = await startAgentOs()
  const document = { auth: JWT_AUTH, rate_limit, store: store.url }
  const gateways = await Promise.all(
    [1, 2].map(() => gatewayOf({ a: upstream.url }, { ...document })),
  )
  await Promise.all(
    gateways.map(({ log }) => log.until(({ msg }) => msg === 'shared store available')),
  )
  const ask = async (which: number, headers = ALICE) =>
    (await send(`${gateways[which]?.url}/agents`, { headers })).status
  return { store, gateways, ask }
}

test('gateways share the rate limit of each caller', async () => {
  const { ask } = await twoGateways({ max: 3, window: '10m' })
  const found = [await ask(0), await ask(1), await ask(0), await ask(1), await ask(1, BOB)]
  expect(found).toEqual([200, 200, 200, 429, 200])
})

test('each gateway counts alone while the store is down', async () => {
  const { ask, store, gateways } = await twoGateways({ max: 3, window: '10m' })
  await ask(0)
  await store.kill()
  const isGone = ({ msg }: { msg?: unknown }) => String(msg).startsWith('shared store unavailable')
  await Promise.all(gateways.map(({ log }) => log.until(isGone)))
  const found = [await ask(0), await ask(0), await ask(0), await ask(1), await ask(1)]
  expect(found).toEqual([200, 200, 429, 200, 200])
})

test('a rate-limit window in the store expires', async () => {
  const { ask } = await twoGateways({ max: 1, window: '1s' })
  await ask(0)
  // A window without expiry would answer 429 for ever.
  await expect.poll(() => ask(1), { interval: 200 }).toBe(200)
})
