import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { apiKey, keyAuth } from '../../support/api-keys.ts'
import { run, send, sendRaw } from '../../support/client.ts'
import { gatewayOf, startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const RUNS = '/agents/echo/runs'

const startEcho = (agents: readonly string[] = ['echo']) =>
  startAgentOs({ agents }, (_request, response) => void response.end('{}'))

test('a key runs an agent, and only its name is in the access log', async () => {
  const ci = apiKey('ci-nightly', { scopes: ['agents:run'], user: 'robot' })
  const upstream = await startEcho()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: keyAuth(ci), log: { caller: true } })
  const answer = await run(gateway.url + RUNS, 'message=hi', ci.headers)
  expect(answer.status).toBe(200)
  await answer.whole()
  expect(await gateway.log.access(RUNS)).toMatchObject({ key: 'ci-nightly', caller: 'robot' })
  expect(gateway.log.text).not.toContain(ci.key)
  expect(gateway.log.text).not.toContain(ci.entry.sha256)
  const sent = JSON.stringify(upstream.requests.map(({ rawHeaders }) => rawHeaders))
  expect(sent).not.toContain(ci.key)
  expect(sent.toLowerCase()).not.toContain('"authorization"')
})

test('keys and tokens are accepted side by side in mode jwt', async () => {
  const ci = apiKey('ci', { scopes: ['agents:read'] })
  const upstream = await startEcho()
  const auth = { ...JWT_AUTH, api_keys: [ci.entry] }
  const gateway = await gatewayOf({ a: upstream.url }, { auth })
  const status = async (headers: Record<string, string>) =>
    (await send(`${gateway.url}/agents`, { headers })).status
  expect(await status(ci.headers)).toBe(200)
  expect(await status(bearer(tokenFor()))).toBe(200)
  expect(await status(apiKey('ci').headers)).toBe(401)
})

test('scopes of a key hold without `authorization`', async () => {
  const ci = apiKey('ci', { scopes: ['agents:echo:run', 'agents:read'] })
  const upstream = await startEcho(['echo', 'other'])
  const gateway = await gatewayOf({ a: upstream.url }, { auth: keyAuth(ci) })
  const runs = (id: string) => run(`${gateway.url}/agents/${id}/runs`, 'message=x', ci.headers)
  expect((await runs('echo')).status).toBe(200)
  expect((await runs('other')).status).toBe(403)
  const status = await send(`${gateway.url}/gateway/status`, { headers: ci.headers })
  expect(status.status).toBe(403)
})

test('a key as query parameter or beside another header is refused', async () => {
  const ci = apiKey('ci')
  const upstream = await startEcho()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: keyAuth(ci) })
  for (const name of ['token', 'access_token', 'key', 'api_key']) {
    expect((await send(`${gateway.url}/agents?${name}=${ci.key}`)).status).toBe(401)
  }
  for (const name of ['x-api-key', 'api-key', 'proxy-authorization', 'cookie']) {
    const headers = { [name]: name === 'cookie' ? `access_token=${ci.key}` : ci.key }
    expect((await send(`${gateway.url}/agents`, { headers })).status).toBe(401)
  }
  const twice = `authorization: Bearer ${ci.key}\r\n`.repeat(2)
  const answer = await sendRaw(
    gateway.port,
    `GET /agents HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${twice}\r\n`,
  )
  expect(answer).toContain('401')
  expect(gateway.log.text).not.toContain(ci.key)
})

test('blanks around a key and a bare key are accepted as for tokens', async () => {
  const ci = apiKey('ci')
  const upstream = await startEcho()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: keyAuth(ci) })
  for (const authorization of [`Bearer   ${ci.key}  `, `bearer ${ci.key}`, ci.key]) {
    expect((await send(`${gateway.url}/agents`, { headers: { authorization } })).status).toBe(200)
  }
  for (const authorization of ['', 'Bearer ', `Basic ${ci.key}`, `Bearer ${ci.key} ${ci.key}`]) {
    expect((await send(`${gateway.url}/agents`, { headers: { authorization } })).status).toBe(401)
  }
})

test('a key in the cookie is accepted, and never passed to an upstream', async () => {
  const ci = apiKey('ci')
  const upstream = await startEcho()
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: upstream.url, cookies: 'all' }],
      auth: { ...keyAuth(ci), token_source: 'both' },
    },
    { ready: ['a'] },
  )
  const cookie = `theme=dark; access_token=${ci.key}`
  expect((await run(gateway.url + RUNS, 'message=x', { cookie })).status).toBe(200)
  const { headers } = upstream.requests.findLast(({ url }) => url === RUNS) ?? {}
  expect(headers?.cookie).toBe('theme=dark')
  expect(headers?.authorization).toBeUndefined()
})
