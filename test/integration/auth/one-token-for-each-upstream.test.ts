import type { IncomingHttpHeaders } from 'node:http'
import { createVerifier } from 'fast-jwt'
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const EU = { mint: { alg: 'HS256', secret: 'eu-secret', audience: 'os-eu' } }
const US = { mint: { alg: 'HS512', secret: 'us-secret', audience: 'os-us' } }
const CALLER = tokenFor({ sub: 'u1', scopes: ['sessions:read', 'agents:eu-echo:run'] })

/** Starts upstreams by name, each with its own keys, that record the requests they receive. */
async function gatewayWith(keys: Record<string, object>, auth: object = JWT_AUTH) {
  const upstreams = await Promise.all(
    Object.entries(keys).map(async ([name, more]) => {
      const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
        response.writeHead(200, { 'set-cookie': `${name}=1` }).end('{}')
      })
      return { name, upstream, more }
    }),
  )
  const gateway = await startGateway(
    {
      upstreams: upstreams.map(({ name, upstream, more }) => ({
        name,
        url: upstream.url,
        prefix: `${name}-`,
        ...more,
      })),
      auth,
    },
    { ready: Object.keys(keys) },
  )
  const byName = Object.fromEntries(upstreams.map(({ name, upstream }) => [name, upstream]))
  const seenBy = (name: string, path = '/sessions') =>
    byName[name]?.requests.findLast(({ url }) => url === path)?.headers
  const ask = (name: string, headers: Record<string, string> = {}) =>
    send(`${gateway.url}/upstreams/${name}/sessions`, {
      headers: { ...bearer(CALLER), ...headers },
    })
  return { gateway, byName, seenBy, ask }
}

const tokenIn = (headers: IncomingHttpHeaders | undefined) =>
  headers?.authorization?.replace('Bearer ', '') ?? ''

test('each upstream receives a token with its own audience and signature', async () => {
  const { ask, seenBy } = await gatewayWith({ eu: { credentials: EU }, us: { credentials: US } })
  await ask('eu')
  await ask('us')
  const eu = createVerifier({ key: 'eu-secret', algorithms: ['HS256'] })(tokenIn(seenBy('eu')))
  const us = createVerifier({ key: 'us-secret', algorithms: ['HS512'] })(tokenIn(seenBy('us')))
  expect(eu).toMatchObject({
    sub: 'u1',
    aud: 'os-eu',
    scopes: ['agents:echo:run', 'sessions:read'],
  })
  expect(us).toMatchObject({ sub: 'u1', aud: 'os-us', scopes: ['sessions:read'] })
})

test("one upstream's token reaches neither another upstream nor the caller", async () => {
  const { gateway, ask, byName } = await gatewayWith({
    eu: { credentials: EU, config_token: 'eu-config' },
    us: { credentials: { bearer: 'us-bearer' }, headers: { 'x-api-key': 'us-key' } },
    open: { credentials: 'none' },
    same: { credentials: 'forward' },
  })
  const texts: string[] = []
  for (const name of ['eu', 'us', 'open', 'same']) {
    const answer = await ask(name, { 'x-api-key': 'mine' })
    texts.push(JSON.stringify(answer.headers) + (await answer.whole()))
  }
  for (const path of ['/agents', '/config', '/agents/us-echo', '/info']) {
    const answer = await send(gateway.url + path, { headers: bearer(CALLER) })
    texts.push(JSON.stringify(answer.headers) + (await answer.whole()))
  }
  const sent = (name: string) =>
    JSON.stringify(byName[name]?.requests.map(({ rawHeaders }) => rawHeaders))
  const minted = tokenIn(byName['eu']?.requests.findLast(({ url }) => url === '/sessions')?.headers)
  const secrets = { eu: [minted, 'eu-config'], us: ['us-bearer', 'us-key'], same: [CALLER] }
  for (const [owner, tokens] of Object.entries(secrets)) {
    for (const token of tokens) {
      for (const name of Object.keys(byName)) {
        expect([name, token, sent(name).includes(token)]).toEqual([name, token, name === owner])
      }
      expect(texts.filter((text) => text.includes(token))).toEqual([])
    }
  }
})

test('the gateway reads lists and configs with its own minted token', async () => {
  const { byName } = await gatewayWith({ eu: { credentials: EU } })
  const headers = byName['eu']?.requests.find(({ url }) => url === '/agents')?.headers
  expect(createVerifier({ key: 'eu-secret' })(tokenIn(headers))).toMatchObject({
    sub: 'agentos-gateway',
    aud: 'os-eu',
  })
})

test('cards are cached per caller and not per token', async () => {
  const { gateway, byName } = await gatewayWith({ eu: { credentials: EU } })
  const asked = () => byName['eu']?.requests.filter(({ url }) => url === '/agents/echo').length
  const get = (token: string) =>
    send(`${gateway.url}/agents/eu-echo`, { headers: bearer(token) }).then((answer) =>
      answer.whole(),
    )
  await get(CALLER)
  await get(tokenFor({ sub: 'u1', jti: 'x', scopes: ['sessions:read', 'agents:eu-echo:run'] }))
  expect(asked()).toBe(1)
  await get(tokenFor({ sub: 'u2' }))
  expect(asked()).toBe(2)
})

test('the security key is minted into an admin token for the upstream', async () => {
  const auth = { mode: 'security_key', security_key: 'os-key' }
  const { gateway, seenBy } = await gatewayWith({ eu: { credentials: EU } }, auth)
  await send(`${gateway.url}/sessions`, { headers: bearer('os-key') })
  const claims = createVerifier({ key: 'eu-secret' })(tokenIn(seenBy('eu')))
  expect(claims).toMatchObject({ scopes: ['agent_os:admin'] })
  expect(claims).not.toHaveProperty('sub')
})

test("configured upstream headers replace the caller's on every request", async () => {
  const headers = { 'X-Api-Key': 'k', 'x-tenant': 'acme' }
  const { ask, seenBy } = await gatewayWith({ eu: { headers } })
  await ask('eu', { 'x-api-key': 'mine', 'x-other': 'kept' })
  expect(seenBy('eu')).toMatchObject({ 'x-api-key': 'k', 'x-tenant': 'acme', 'x-other': 'kept' })
  expect(seenBy('eu', '/agents')).toMatchObject({ 'x-api-key': 'k', 'x-tenant': 'acme' })
})
