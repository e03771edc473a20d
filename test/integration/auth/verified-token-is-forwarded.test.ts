import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send, sendRaw } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const COOKIES = { ...JWT_AUTH, token_source: 'both', cookie_name: 'agno' } as const

async function seenBy(auth: object, headers: Record<string, string>) {
  const upstream = await startAgentOs({}, (_request, response) => {
    response.end('{}')
  })
  const gateway = await gatewayOf({ a: upstream.url }, { auth })
  const answer = await send(`${gateway.url}/sessions`, { headers })
  const seen = upstream.requests.find(({ url }) => url === '/sessions')
  return {
    status: answer.status,
    text: await answer.whole(),
    authorization: seen?.headers.authorization,
  }
}

test('a bearer token in the header is forwarded unchanged', async () => {
  const { authorization } = bearer(tokenFor())
  expect(await seenBy(JWT_AUTH, { authorization })).toMatchObject({ status: 200, authorization })
})

test('a bare token in the header is forwarded unchanged', async () => {
  const authorization = tokenFor()
  expect(await seenBy(JWT_AUTH, { authorization })).toMatchObject({ status: 200, authorization })
})

test('a token in the cookie is forwarded as a bearer header', async () => {
  const token = tokenFor()
  const cookie = `theme=dark; agno="${token}"; x=1`
  expect(await seenBy(COOKIES, { cookie })).toMatchObject({ status: 200, ...bearer(token) })
})

test('a token in the header takes precedence over the cookie', async () => {
  const answer = await seenBy(COOKIES, { ...bearer('nope'), cookie: `agno=${tokenFor()}` })
  expect(answer).toMatchObject({ status: 401, authorization: undefined })
})

test('token_source cookie ignores the header and does not forward it', async () => {
  const auth = { ...COOKIES, token_source: 'cookie' }
  const token = tokenFor()
  expect(await seenBy(auth, { ...bearer('nope'), cookie: `agno=${token}` })).toMatchObject({
    status: 200,
    ...bearer(token),
  })
  expect(await seenBy(auth, bearer(token))).toMatchObject({
    status: 401,
    text: '{"detail":"JWT cookie \'agno\' missing"}',
  })
})

test('a missing token is reported for both header and cookie', async () => {
  expect((await seenBy(COOKIES, {})).text).toBe(
    '{"detail":"JWT token missing from both Authorization header and \'agno\' cookie"}',
  )
})

test.each(['none', 'jwt'])(
  'two authorization headers are refused as ambiguous in mode %s',
  async (mode) => {
    const upstream = await startAgentOs()
    const gateway = await gatewayOf({ a: upstream.url }, { auth: { ...JWT_AUTH, mode } })
    const before = upstream.requests.length
    const answer = await sendRaw(
      gateway.port,
      `GET /sessions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${tokenFor()}\r\nAuthorization: Bearer other\r\nconnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 401 .*Ambiguous Authorization header/s)
    expect(upstream.requests.slice(before)).toEqual([])
  },
)
