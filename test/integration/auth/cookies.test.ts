import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const TOKEN = tokenFor()

/** Returns the cookies that the upstream and the caller receive. */
async function exchanged(keys: object, more: object[] = [], auth: object = {}) {
  const upstream = await startAgentOs({}, (_request, response) => {
    response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end('{}')
  })
  const gateway = await startGateway({
    upstreams: [{ name: 'a', url: upstream.url, discover: false, ...keys }, ...more],
    auth: { ...JWT_AUTH, token_source: 'cookie', ...auth },
  })
  const answer = await send(`${gateway.url}/upstreams/a/sessions`, {
    headers: { cookie: `theme=dark; access_token=${TOKEN}; access_token_2=x` },
  })
  const seen = upstream.requests.find(({ url }) => url === '/sessions')?.headers
  return {
    cookie: seen?.cookie,
    authorization: seen?.authorization,
    set: answer.headers['set-cookie'],
  }
}

const ANOTHER = [{ name: 'b', url: 'http://127.0.0.1:1', discover: false }]

test("the only upstream receives every cookie except the token's", async () => {
  expect(await exchanged({})).toEqual({
    cookie: 'theme=dark; access_token_2=x',
    authorization: `Bearer ${TOKEN}`,
    set: ['a=1', 'b=2'],
  })
})

test('one upstream of several neither receives nor sets cookies', async () => {
  expect(await exchanged({}, ANOTHER)).toMatchObject({ cookie: undefined, set: undefined })
})

test.each([
  ['all', `theme=dark; access_token=${TOKEN}; access_token_2=x`, ['a=1', 'b=2']],
  ['forward', 'theme=dark; access_token_2=x', ['a=1', 'b=2']],
  ['none', undefined, undefined],
])('the key cookies: %s controls cookies in both directions', async (cookies, cookie, set) => {
  expect(await exchanged({ cookies }, ANOTHER)).toMatchObject({ cookie, set })
})

test('a cookie is forwarded when authentication does not read it', async () => {
  const { cookie } = await exchanged({}, [], { mode: 'none' })
  expect(cookie).toContain(TOKEN)
})

test.each([
  ['a listed page', { origin: 'https://os.agno.com' }, 200],
  ['a page of the gateway itself', { origin: 'http://gateway.test', host: 'gateway.test' }, 200],
  [
    'a same-origin page behind a proxy that changes the host',
    { origin: 'https://gateway.test', 'sec-fetch-site': 'same-origin' },
    200,
  ],
  ['a client without an origin', {}, 200],
  ['a cross-site page', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 401],
  ['a page with an opaque origin', { origin: 'null' }, 401],
])('a token cookie from %s is accepted or refused: %o', async (_who, more, status) => {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
    response.end('{}')
  })
  const gateway = await startGateway({
    upstreams: [{ name: 'a', url: upstream.url, discover: false }],
    agents: [{ upstream: 'a', agent_id: 'echo' }],
    auth: { ...JWT_AUTH, token_source: 'both' },
  })
  const answer = await run(`${gateway.url}/agents/echo/runs`, 'message=hi', {
    cookie: `access_token=${TOKEN}`,
    ...more,
  })
  expect(answer.status).toBe(status)
  expect(upstream.requests.some(({ method }) => method === 'POST')).toBe(status === 200)
})

test('a token cookie is refused when any page may call', async () => {
  const gateway = await startGateway({
    upstreams: ANOTHER,
    cors: { origins: ['*'] },
    auth: { ...JWT_AUTH, token_source: 'cookie' },
  })
  const headers = { cookie: `access_token=${TOKEN}`, origin: 'https://any.example' }
  expect((await send(`${gateway.url}/agents`, { headers })).status).toBe(401)
})
