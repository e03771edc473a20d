import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { sendRaw } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const HANDSHAKE = [
  'host: x',
  'connection: Upgrade, close',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
]

/** Starts a gateway that sends its own token to the upstream. */
async function open() {
  const upstream = await startAgentOs({ workflows: ['flow'] }, (_request, response) => {
    response.end('{}')
  })
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: upstream.url, credentials: { bearer: 'the-gateways-own' } }],
      auth: JWT_AUTH,
    },
    { ready: ['a'] },
  )
  const ask = async (start: string, headers: readonly string[] = []) => {
    const head = [start, ...HANDSHAKE, ...headers, 'x-mark: 1']
    const text = await sendRaw(gateway.port, `${head.join('\r\n')}\r\n\r\n`)
    const reached = upstream.requests.filter(({ headers }) => headers['x-mark'] === '1')
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), reached: reached.length }
  }
  return ask
}

const PATHS = ['/workflows/ws', '/upstreams/a/workflows/ws', '/upstreams/a/workflows/%77s']
const METHODS = ['HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']
const STARTS = [
  ...PATHS.flatMap((path) => METHODS.map((method) => `${method} ${path} HTTP/1.1`)),
  'GET /upstreams/a/workflows/ws HTTP/1.0',
  'GET /agents HTTP/1.1',
]

test.each(STARTS)('an upgrade on %s without a token answers 401', async (start) => {
  const ask = await open()
  expect(await ask(start)).toEqual({ status: 401, reached: 0 })
})

test('an upgrade on a HEAD with a token is ignored', async () => {
  const ask = await open()
  const token = `authorization: ${bearer(tokenFor()).authorization}`
  const answer = await ask('HEAD /upstreams/a/workflows/ws HTTP/1.1', [token])
  expect(answer).toEqual({ status: 200, reached: 1 })
})
