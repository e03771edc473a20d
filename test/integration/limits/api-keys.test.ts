import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { apiKey } from '../../support/api-keys.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

/** Returns the statuses of consecutive requests with a limit of one for each identity. */
async function statuses(keys: readonly { readonly entry: object }[], asked: readonly string[]) {
  const upstream = await startAgentOs()
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: upstream.url }],
      auth: { ...JWT_AUTH, api_keys: keys.map(({ entry }) => entry) },
      rate_limit: { max: 1 },
    },
    { ready: ['a'] },
  )
  const found: number[] = []
  for (const authorization of asked) {
    const headers = authorization.startsWith('agw_') ? { authorization } : bearer(authorization)
    found.push((await send(`${gateway.url}/agents`, { headers })).status)
  }
  return found
}

test('a key without a user is counted alone, and no subject counts for it', async () => {
  const [one, two] = [apiKey('one'), apiKey('two')]
  const imitators = ['one', 'key one', 'key:one'].map((sub) => tokenFor({ sub }))
  const asked = [...imitators, one.key, two.key, one.key, `${one.key} `]
  expect(await statuses([one, two], asked)).toEqual([200, 200, 200, 200, 200, 429, 429])
})

test('keys and tokens of one user are counted together', async () => {
  const [one, two] = [apiKey('one', { user: 'ann' }), apiKey('two', { user: 'ann' })]
  const asked = [one.key, two.key, tokenFor({ sub: 'ann' })]
  expect(await statuses([one, two], asked)).toEqual([200, 429, 429])
})

test('spellings of a token without a subject are counted together', async () => {
  const upstream = await startAgentOs()
  const gateway = await startGateway(
    { upstreams: [{ name: 'a', url: upstream.url }], auth: JWT_AUTH, rate_limit: { max: 1 } },
    { ready: ['a'] },
  )
  const token = tokenFor({ sub: undefined })
  const found: number[] = []
  for (const authorization of [`Bearer ${token}`, `bearer   ${token}`, token]) {
    found.push((await send(`${gateway.url}/agents`, { headers: { authorization } })).status)
  }
  expect(found).toEqual([200, 429, 429])
})
