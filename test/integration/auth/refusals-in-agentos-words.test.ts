import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, seconds, tokenFor } from '../../support/tokens.ts'

/** Requests 71 to 78 of the recorded protocol, with the answers of AgentOS. */
test.each([
  ['GET /agents', undefined, 401, 'Authorization header missing'],
  ['GET /health', undefined, 200, undefined],
  ['GET /info', undefined, 200, undefined],
  ['GET /', undefined, 200, undefined],
  ['GET /config', undefined, 401, 'Authorization header missing'],
  ['GET /upstreams/a/agents', undefined, 401, 'Authorization header missing'],
  ['GET /no-such-route', undefined, 401, 'Authorization header missing'],
  ['GET /agents', 'nope', 401, 'Invalid token: Not enough segments'],
  ['GET /agents', tokenFor({ exp: seconds(-60) }), 401, 'Token has expired'],
  ['GET /agents', tokenFor({}, 'other'), 401, 'Invalid token: Signature verification failed'],
  ['GET /agents', tokenFor({ aud: 'other' }), 200, undefined],
])('%s with the token %s answers %d', async (line, token, status, detail) => {
  const [method = '', path = ''] = line.split(' ')
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH })
  const headers = token === undefined ? {} : bearer(token)
  const answer = await send(gateway.url + path, { method, headers })
  expect(answer.status).toBe(status)
  // AgentOS sends no www-authenticate header either.
  expect(answer.headers['www-authenticate']).toBeUndefined()
  const body = await answer.json()
  if (detail === undefined) return
  expect(body).toEqual({ detail })
  expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_UNAUTHORIZED')
})

test('a run without a token never reaches the upstream', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH })
  const before = upstream.requests.length
  const answer = await run(`${gateway.url}/agents/echo/runs`)
  expect([answer.status, await answer.json()]).toEqual([
    401,
    { detail: 'Authorization header missing' },
  ])
  expect(upstream.requests.slice(before)).toEqual([])
})

test('a public path requires a token when the caller names an upstream', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH })
  const byHeader = await send(`${gateway.url}/info`, { headers: { 'x-agentos-upstream': 'a' } })
  const byQuery = await send(`${gateway.url}/info?upstream=a`)
  expect([byHeader.status, byQuery.status]).toEqual([401, 401])
  const unrelated = await send(`${gateway.url}/health?probe=1`)
  expect(unrelated.status).toBe(200)
})
