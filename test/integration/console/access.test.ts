import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { apiKey, keyAuth } from '../../support/api-keys.ts'
import { startGateway } from '../../support/gateway.ts'
import { SECRET, tokenFor } from '../../support/tokens.ts'
import { ask } from './support.ts'

const auth = {
  mode: 'jwt',
  authorization: true,
  keys: [
    { alg: 'HS256', kid: 'old', secret: 'another-secret-of-at-least-256-bits-000000' },
    { alg: 'HS256', secret: SECRET },
  ],
}

async function gateway(document: object = { auth }) {
  const upstream = await startAgentOs({ agents: ['echo', 'poet'], teams: ['duo'] })
  const upstreams = [{ name: 'u', url: upstream.url }]
  return startGateway({ upstreams, ...document }, { ready: ['u'] })
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('a caller with any valid token can read its rights', async () => {
  const { url } = await gateway()
  const token = tokenFor({ scopes: ['agents:echo:run', 'agents:read', 'nonsense'] })
  const { body: report } = await ask(`${url}/gateway/access`, { headers: bearer(token) })
  expect(report).toMatchObject({
    mode: 'jwt',
    authorization: true,
    caller: 'verified',
    subject: 'u1',
    is_admin: false,
    claims: { sub: 'u1' },
    key: { alg: 'HS256', kid: null, source: 'key 2 of the configuration' },
    expires_at: expect.stringMatching(/^\d{4}-/),
    unknown_scopes: ['nonsense'],
    components: { agents: { total: 2, read: 2, run: 1 }, teams: { total: 1, read: 0, run: 0 } },
  })
  expect(report['scopes']).toContainEqual({ scope: 'agents:read', granted: true })
  expect(report['scopes']).toContainEqual({ scope: 'teams:read', granted: false })
  expect(JSON.stringify(report)).not.toContain(token.split('.')[2])
  expect(JSON.stringify(report)).not.toContain(SECRET)
})

test('the access report is refused without a valid token', async () => {
  const { url } = await gateway()
  expect((await ask(`${url}/gateway/access`)).status).toBe(401)
  const expired = tokenFor({ exp: 1 })
  const answer = await ask(`${url}/gateway/access`, { headers: bearer(expired) })
  expect(answer.body['detail']).toBe('Token has expired')
})

test('the access route never sends a token to an upstream', async () => {
  const { url } = await gateway()
  const headers = { ...bearer(tokenFor({ scopes: [] })), 'x-agentos-upstream': 'u' }
  expect((await ask(`${url}/gateway/access`, { headers })).status).toBe(403)
})

test('only an administrator may query another token', async () => {
  const { url } = await gateway()
  const other = tokenFor({ sub: 'ada', scopes: ['teams:run'] })
  const post = (scopes: string[], body: string) =>
    ask(`${url}/gateway/access`, {
      method: 'POST',
      headers: { ...bearer(tokenFor({ scopes })), 'content-type': 'application/json' },
      body,
    })
  const report = await post(['agent_os:admin'], JSON.stringify({ token: other }))
  expect(report.body).toMatchObject({
    subject: 'ada',
    is_admin: false,
    components: { teams: { total: 1, run: 1 } },
  })
  expect((await post([], JSON.stringify({ token: other }))).status).toBe(403)
  expect((await post(['agent_os:admin'], '{"token": 3}')).status).toBe(422)
  expect((await post(['agent_os:admin'], 'no json')).status).toBe(422)
  const bad = await post(['agent_os:admin'], JSON.stringify({ token: `${other}x` }))
  expect(bad.status).toBe(401)
})

test('every caller is an administrator without authentication', async () => {
  const { url } = await gateway({})
  expect((await ask(`${url}/gateway/access`)).body).toMatchObject({
    mode: 'none',
    is_admin: true,
    claims: null,
    key: null,
    components: { agents: { total: 2, read: 2, run: 2 } },
  })
})

test('the bearer of the security key is an administrator', async () => {
  const { url } = await gateway({ auth: { mode: 'security_key', security_key: 'k3y' } })
  const { body: report } = await ask(`${url}/gateway/access`, { headers: bearer('k3y') })
  expect(report).toMatchObject({ caller: 'root', is_admin: true, subject: null })
  expect(JSON.stringify(report)).not.toContain('k3y')
})

test('an administrator sees all API keys by name and expiry, and no digest', async () => {
  const [admin, ci] = [
    apiKey('admin'),
    apiKey('ci', { scopes: ['agents:read'], user: 'robot', expires_at: '2999-01-31' }),
  ]
  const old = apiKey('old', { expires_at: '2001-01-31' })
  const { url } = await gateway({ auth: keyAuth(admin, ci, old) })
  const { body: report } = await ask(`${url}/gateway/access`, { headers: admin.headers })
  const everything = { scopes: ['agent_os:admin'], user: null }
  expect(report).toMatchObject({ mode: 'api_key', api_key: 'admin', is_admin: true, key: null })
  expect(report['api_keys']).toEqual([
    { name: 'admin', ...everything, expires_at: null, is_expired: false },
    {
      name: 'ci',
      user: 'robot',
      scopes: ['agents:read'],
      expires_at: '2999-01-31T00:00:00.000Z',
      is_expired: false,
    },
    { name: 'old', ...everything, expires_at: '2001-01-31T00:00:00.000Z', is_expired: true },
  ])
  const { body: own } = await ask(`${url}/gateway/access`, { headers: ci.headers })
  expect(own).toMatchObject({
    caller: 'api-key',
    api_key: 'ci',
    subject: 'robot',
    authorization: true,
    is_admin: false,
    api_keys: null,
    expires_at: '2999-01-31T00:00:00.000Z',
  })
  for (const { key, entry } of [admin, ci, old]) {
    expect(JSON.stringify([report, own])).not.toContain(key)
    expect(JSON.stringify([report, own])).not.toContain(entry.sha256)
  }
})
