import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { bearer, tokenFor } from '../../support/tokens.ts'

const AUTH = { mode: 'security_key', security_key: 'os-key-ü' }

test.each([
  [undefined, 401, 'Authorization header required'],
  ['os-key', 401, 'Invalid authentication token'],
  ['os-key-u', 401, 'Invalid authentication token'],
  [tokenFor(), 401, 'Invalid authentication token'],
])('mode security_key answers the token %s with %d: %s', async (token, status, detail) => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: AUTH })
  const headers = token === undefined ? {} : bearer(token)
  const answer = await send(`${gateway.url}/agents`, { headers })
  expect([answer.status, await answer.json()]).toEqual([status, { detail }])
})

test('the configured security key is accepted', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf(
    { a: upstream.url },
    { auth: { ...AUTH, security_key: 'os-key' } },
  )
  const answer = await send(`${gateway.url}/agents`, { headers: bearer('os-key') })
  expect(answer.status).toBe(200)
})
