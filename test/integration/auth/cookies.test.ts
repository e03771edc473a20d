import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const TOKEN = tokenFor()

/** What an upstream sees of the caller's cookies, and the caller of the upstream's. */
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

test('the only upstream gets every cookie but the one with the token', async () => {
  expect(await exchanged({})).toEqual({
    cookie: 'theme=dark; access_token_2=x',
    authorization: `Bearer ${TOKEN}`,
    set: ['a=1', 'b=2'],
  })
})

test('one of several gets none and sets none: what it sets would be sent to all', async () => {
  expect(await exchanged({}, ANOTHER)).toMatchObject({ cookie: undefined, set: undefined })
})

test.each([
  ['all', `theme=dark; access_token=${TOKEN}; access_token_2=x`, ['a=1', 'b=2']],
  ['forward', 'theme=dark; access_token_2=x', ['a=1', 'b=2']],
  ['none', undefined, undefined],
])('with cookies: %s the file decides', async (cookies, cookie, set) => {
  expect(await exchanged({ cookies }, ANOTHER)).toMatchObject({ cookie, set })
})

test('without a token in it, the cookie is like any other', async () => {
  const { cookie } = await exchanged({}, [], { mode: 'none' })
  expect(cookie).toContain(TOKEN)
})
