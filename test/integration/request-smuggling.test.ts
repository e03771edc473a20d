import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { sendRaw } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

const HIDDEN = 'GET /agents/echo/hidden HTTP/1.1\r\nhost: x\r\n\r\n'
const post = (headers: string, body: string) =>
  `POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n\r\n${body}`

async function open() {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response, message) => {
    message.resume().on('end', () => response.end('reached'))
  })
  return { upstream, gateway: await gatewayOf({ a: upstream.url }) }
}

describe('messages of ambiguous length', () => {
  test.each([
    ['length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked', `0\r\n\r\n${HIDDEN}`],
    ['chunks and length', 'transfer-encoding: chunked\r\ncontent-length: 0', `0\r\n\r\n${HIDDEN}`],
    ['two lengths', 'content-length: 0\r\ncontent-length: 60', HIDDEN],
    ['a list of lengths', 'content-length: 0, 60', HIDDEN],
    ['a signed length', 'content-length: +0', HIDDEN],
    ['chunks that are not last', 'transfer-encoding: chunked, identity', `0\r\n\r\n${HIDDEN}`],
    ['a coding before the chunks', 'transfer-encoding: gzip, chunked', `0\r\n\r\n${HIDDEN}`],
    ['two hosts', 'host: y\r\ncontent-length: 0', ''],
    ['an empty coding', 'transfer-encoding: ,chunked', `0\r\n\r\n${HIDDEN}`],
    ['an unknown coding', 'transfer-encoding: xchunked', `0\r\n\r\n${HIDDEN}`],
    ['a space before the colon', 'transfer-encoding : chunked', `0\r\n\r\n${HIDDEN}`],
    ['a folded header', 'x: y\r\n transfer-encoding: chunked', `0\r\n\r\n${HIDDEN}`],
    ['a broken chunk size', 'transfer-encoding: chunked', `zz\r\n${HIDDEN}`],
    ['a chunk longer than said', 'transfer-encoding: chunked', `1\r\nabcdef\r\n0\r\n\r\n${HIDDEN}`],
  ])(
    'a message with %s is refused and its hidden request not forwarded',
    async (_name, headers, body) => {
      const { gateway, upstream } = await open()
      const text = await sendRaw(gateway.port, post(headers, body))
      expect(text.match(/HTTP\/1.1/g)?.length).toBe(1)
      expect(text).toMatch(/^HTTP\/1.1 400 .*\{"detail":"[^"]+"\}$/s)
      expect(upstream.requests.filter(({ url }) => url.includes('hidden'))).toEqual([])
      expect(upstream.waiting).toBe(0)
    },
  )

  test('a request inside a body is forwarded as body only', async () => {
    const { gateway, upstream } = await open()
    const text = await sendRaw(gateway.port, post(`content-length: ${HIDDEN.length}`, HIDDEN))
    expect(text).toMatch(/^HTTP\/1.1 200 /)
    const runs = upstream.requests.filter(({ url }) => url.includes('echo/'))
    expect(runs.map(({ url, body }) => [url, body.toString()])).toEqual([
      ['/agents/echo/runs', HIDDEN],
    ])
  })

  test('chunk extensions and trailers are not forwarded', async () => {
    const { gateway, upstream } = await open()
    const body = '2;ext="a"\r\nhi\r\n0\r\nx-trailer: t\r\n\r\n'
    const text = await sendRaw(gateway.port, post('transfer-encoding: chunked', body))
    expect(text).toMatch(/^HTTP\/1.1 200 /)
    const [run] = upstream.requests.filter(({ url }) => url.includes('echo/'))
    expect(run?.body.toString()).toBe('hi')
    expect(run?.headers).not.toHaveProperty('x-trailer')
  })
})

test.each(['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9'])('chunks in %s are refused', async (version) => {
  const { gateway, upstream } = await open()
  const head = `POST /agents/echo/runs ${version}\r\nhost: x\r\nconnection: keep-alive\r\n`
  const text = await sendRaw(
    gateway.port,
    `${head}transfer-encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  )
  expect(text).toMatch(/^HTTP\/1.1 400 .*\{"detail":"[^"]+"\}$/s)
  expect(upstream.waiting).toBe(0)
})

test('an unknown expectation is ignored', async () => {
  const { gateway } = await open()
  const text = await sendRaw(gateway.port, post('expect: foo\r\ncontent-length: 2', 'hi'))
  expect(text).toMatch(/^HTTP\/1.1 200 /)
})

test('pipelined requests are answered in their order', async () => {
  const { gateway } = await open()
  const text = await sendRaw(
    gateway.port,
    `GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\nGET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
  )
  expect(text).toMatch(/^HTTP\/1.1 200 OK.*reached.*HTTP\/1.1 200 OK.*"status":"ok"/s)
})

test.each(['a/b', 'a b', 'user@a', 'a?b', 'a#b', 'a:80x', '[::1', 'a\\b', '"a"', '<a>'])(
  'the invalid host %s is refused',
  async (host) => {
    const { gateway, upstream } = await open()
    const request = `GET /agents/echo/x HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`
    expect(await sendRaw(gateway.port, request)).toMatch(/^HTTP\/1.1 400 /)
    expect(upstream.waiting).toBe(0)
  },
)

test.each([
  '',
  'a',
  'a:80',
  'a:',
  'my_host.b-c:8080',
  '[::1]:80',
  '127.0.0.1',
  'xn--bcher-kva.example',
])('the valid host "%s" is accepted', async (host) => {
  const { gateway } = await open()
  const request = `GET /agents/echo/x HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`
  expect(await sendRaw(gateway.port, request)).toMatch(/^HTTP\/1.1 200 /)
})

test.each([
  ['an invalid host', '/workflows/ws', 'a/b'],
  ['a path that cannot be decoded', '/upstreams/%zz/workflows/ws', 'a'],
  ['a path segment that is too long', `/upstreams/${'a'.repeat(1_100)}/workflows/ws`, 'a'],
  ['an unknown upstream', '/upstreams/nope/workflows/ws', 'a'],
  ['two upstreams', '/workflows/ws?upstream=a&upstream=b', 'a'],
  ['a target that is too long', `/workflows/ws?${'a'.repeat(9_000)}`, 'a'],
])('a WebSocket handshake with %s is refused and closed', async (_name, target, host) => {
  const { gateway } = await open()
  const upgrade =
    'connection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n'
  const head = `GET ${target} HTTP/1.1\r\nhost: ${host}\r\n${upgrade}`
  const request = `${head}sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  // Resolves when the gateway closes the connection.
  expect(await sendRaw(gateway.port, request)).toMatch(/^HTTP\/1.1 4\d\d /)
})
