import { createVerifier } from 'fast-jwt'
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { apiKey, keyAuth } from '../../support/api-keys.ts'
import { send } from '../../support/client.ts'
import { answerJson, startFakeUpstream } from '../../support/fake-upstream.ts'
import { startGateway } from '../../support/gateway.ts'
import { connectedSocket } from '../../support/socket-client.ts'

/** Returns the request for `/sessions` that an upstream with these keys receives. */
async function sentWith(more: object, key = apiKey('ci')) {
  const upstream = await startAgentOs({}, (_request, response) => void response.end('{}'))
  const gateway = await startGateway(
    { upstreams: [{ name: 'a', url: upstream.url, ...more }], auth: keyAuth(key) },
    { ready: ['a'] },
  )
  const path = `${gateway.url}/upstreams/a/sessions`
  expect((await send(path, { headers: key.headers })).status).toBe(200)
  return upstream.requests.findLast(({ url }) => url === '/sessions')?.headers
}

test('a minted token has the user, scopes, claims and expiry of the key', async () => {
  const expires_at = new Date(Date.now() + 30_000).toISOString().replace(/\.\d+/, '')
  const scopes = ['sessions:read', 'agents:nobody:run', 'nonsense']
  const key = apiKey('ci', { scopes, user: 'robot', claims: { tenant: 'acme' }, expires_at })
  const mint = { alg: 'HS256', secret: 'eu-secret', audience: 'os-eu', claims: ['tenant'] }
  const headers = await sentWith({ credentials: { mint } }, key)
  const token = headers?.authorization?.replace('Bearer ', '') ?? ''
  expect(createVerifier({ key: 'eu-secret' })(token)).toMatchObject({
    sub: 'robot',
    tenant: 'acme',
    scopes: ['sessions:read'],
    aud: 'os-eu',
    exp: Date.parse(expires_at) / 1000,
  })
})

test.each([
  ['forward', {}, undefined],
  ['forward beside a token for lists', { config_token: 'lists' }, undefined],
  ['none', { credentials: 'none' }, undefined],
  ['a fixed token', { credentials: { bearer: 'fixed' } }, 'Bearer fixed'],
])('a key at an upstream with the credentials %s becomes the stated token', async (...given) => {
  const [, more, authorization] = given
  expect((await sentWith(more))?.authorization).toBe(authorization)
})

test('lists of a key are cached apart from those of other keys', async () => {
  const [one, two] = [
    apiKey('one', { scopes: ['agents:echo:read'] }),
    apiKey('two', { scopes: ['agents:poet:read'] }),
  ]
  const upstream = await startAgentOs({ agents: ['echo', 'poet'] })
  const gateway = await startGateway(
    { upstreams: [{ name: 'a', url: upstream.url }], auth: keyAuth(one, two) },
    { ready: ['a'] },
  )
  const idsOf = async ({ headers }: typeof one) => {
    const answer = await send(`${gateway.url}/agents`, { headers })
    return ((await answer.json()) as { id: string }[]).map(({ id }) => id)
  }
  expect([await idsOf(one), await idsOf(two), await idsOf(one)]).toEqual([
    ['echo'],
    ['poet'],
    ['echo'],
  ])
})

test('a locked upstream does not ask a caller with a key for another token', async () => {
  const key = apiKey('ci')
  const upstream = await startFakeUpstream((_request, response) =>
    answerJson(response, { detail: 'Authorization header missing' }, 401),
  )
  const gateway = await startGateway({
    upstreams: [{ name: 'a', url: upstream.url }],
    auth: keyAuth(key),
  })
  const client = await connectedSocket(gateway.url)
  await client.ask({ action: 'authenticate', token: key.key })
  await client.next()
  const command = { action: 'start-workflow', workflow_id: 'flow', message: 'x' }
  expect(await client.ask(command)).toMatchObject({ error: 'Workflow flow not found' })
})
