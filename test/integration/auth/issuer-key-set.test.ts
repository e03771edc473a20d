import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import type { FakeHandler } from '../../support/fake-upstream.ts'
import { answerJson, startFakeUpstream } from '../../support/fake-upstream.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { bearer, issuerKey, JWT_AUTH, tokenFor, tokenOf } from '../../support/tokens.ts'

const one = issuerKey('one')
const two = issuerKey('two')

/** Starts an issuer whose key set the test changes. */
async function issuerOf(...keys: object[]) {
  const state: { keys: object[]; isDown: boolean; answer?: FakeHandler } = { keys, isDown: false }
  const server = await startFakeUpstream((request, response, message) => {
    if (state.answer) return state.answer(request, response, message)
    if (state.isDown) answerJson(response, {}, 500)
    else answerJson(response, { keys: state.keys })
  })
  return Object.assign(state, { url: `${server.url}/jwks.json`, requests: server.requests })
}

async function gatewayAt(jwks_url: string, auth: object = {}) {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: { mode: 'jwt', jwks_url, ...auth } })
  const status = async (token: string) => {
    const answer = await send(`${gateway.url}/agents`, { headers: bearer(token) })
    return answer.status
  }
  return { gateway, status }
}

test("tokens are verified with the issuer's key set", async () => {
  const issuer = await issuerOf(one.jwk)
  const { status } = await gatewayAt(issuer.url)
  expect(await status(one.token())).toBe(200)
  expect(await status(two.token())).toBe(401)
})

test('the gateway starts while the issuer is down and answers 503', async () => {
  const issuer = await issuerOf(one.jwk)
  issuer.isDown = true
  const { gateway, status } = await gatewayAt(issuer.url)
  const answer = await send(`${gateway.url}/agents`, { headers: bearer(one.token()) })
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
  expect(await answer.json()).toEqual({
    detail: 'Tokens cannot be verified: the key set is unavailable',
  })
  expect((await send(`${gateway.url}/health`)).status).toBe(200)
  issuer.isDown = false
  await expect.poll(() => status(one.token()), { interval: 200 }).toBe(200)
})

test('keys from the configuration verify tokens while the issuer is down', async () => {
  const issuer = await issuerOf(one.jwk)
  issuer.isDown = true
  const { status } = await gatewayAt(issuer.url, JWT_AUTH)
  expect(await status(tokenFor())).toBe(200)
})

test.each<[string, FakeHandler]>([
  [
    'a redirect',
    (_request, response) => void response.writeHead(302, { location: '/other' }).end(),
  ],
  [
    'an HTML page',
    (_request, response) => void response.end('<!doctype html><title>Sign in</title>'),
  ],
  ['a set without keys', (_request, response) => answerJson(response, { keys: [] })],
  ['more than a megabyte', (_request, response) => void response.end('x'.repeat(2 * 1024 * 1024))],
  [
    'an incomplete response',
    (_request, response) => void response.write('{"k', () => response.destroy()),
  ],
])('%s from the issuer is refused as a key set', async (_name, answer) => {
  const issuer = await issuerOf(one.jwk)
  issuer.answer = answer
  const { status, gateway } = await gatewayAt(issuer.url)
  expect(await status(one.token())).toBe(503)
  await gateway.log.until(
    ({ msg }) => msg === 'fetching the key set failed: the previous one stays in force',
  )
  expect(issuer.requests.map(({ url }) => url)).not.toContain('/other')
  delete issuer.answer
  await expect.poll(() => status(one.token()), { interval: 200 }).toBe(200)
})

test('unusable keys beside the right one are skipped', async () => {
  const encryption = { ...issuerKey('one').jwk, use: 'enc' }
  const issuer = await issuerOf(
    encryption,
    { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'one' },
    { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA', kid: 'one' },
    { kty: 'unheard-of' },
    [],
    one.jwk,
  )
  const { status } = await gatewayAt(issuer.url)
  expect(await status(one.token())).toBe(200)
  expect(await status(tokenOf({ alg: 'HS256', kid: 'one' }, { sub: 'u' }, 'secret'))).toBe(401)
})

test('many unknown key ids cause no further fetch', async () => {
  const issuer = await issuerOf(one.jwk)
  const { status } = await gatewayAt(issuer.url)
  expect(await status(one.token())).toBe(200)
  const asked = issuer.requests.length
  const strangers = Array.from({ length: 20 }, (_, n) => issuerKey(`stranger-${n}`).token())
  expect(new Set(await Promise.all(strangers.map(status)))).toEqual(new Set([401]))
  expect(issuer.requests.length - asked).toBe(0)
})

test('a reloaded configuration keeps the known key set', async () => {
  const issuer = await issuerOf(one.jwk)
  const { gateway, status } = await gatewayAt(issuer.url)
  expect(await status(one.token())).toBe(200)
  issuer.isDown = true
  const { config } = gateway.app.engine.current
  const reloaded = gateway.app.authenticatorOf({ ...config })
  const caller = await reloaded.authenticate(bearer(one.token()))
  expect(caller.claims).toMatchObject({ sub: 'u1' })
  expect(issuer.requests).toHaveLength(1)
})
