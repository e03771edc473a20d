import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { rawConnection, send, sendRaw } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

async function open(document: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
    response.end('reached')
  })
  const gateway = await gatewayOf({ a: upstream.url }, document)
  return { upstream, gateway }
}

describe('requests without a route', () => {
  test.each([
    ['/agents/nobody', 'Agent not found'],
    ['/agents/nobody/runs', 'Agent not found'],
    ['/teams/nobody', 'Team not found'],
    ['/workflows/nobody/runs', 'Workflow not found'],
  ])("the path %s answers 404 in AgentOS's words", async (path, detail) => {
    const { gateway } = await open()
    const answer = await send(gateway.url + path, {
      method: path.endsWith('runs') ? 'POST' : 'GET',
    })
    expect([answer.status, await answer.json()]).toEqual([404, { detail }])
    expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_COMPONENT_NOT_FOUND')
  })

  test.each([
    ['PUT', '/agents'],
    ['POST', '/health'],
    ['DELETE', '/config'],
    ['PATCH', '/info'],
    ['POST', '/models'],
    ['PROPFIND', '/agents'],
    ['QUERY', '/agents'],
    ['TRACE', '/agents/echo/runs'],
    ['PROPFIND', '/agents/echo'],
    ['MKCOL', '/upstreams/a/x'],
  ])('%s %s answers 405 with the allowed methods', async (method, path) => {
    const { gateway, upstream } = await open()
    const answer = await send(gateway.url + path, { method })
    expect([answer.status, await answer.json()]).toEqual([405, { detail: 'Method Not Allowed' }])
    expect(answer.headers.allow).toMatch(/^GET/)
    expect(upstream.requests.some(({ method: seen }) => seen === method)).toBe(false)
  })

  test('naming an unknown upstream answers 404 with its name', async () => {
    const { gateway } = await open()
    for (const [path, headers] of [
      ['/upstreams/nope/agents', {}],
      ['/agents?upstream=nope', {}],
      ['/agents', { 'x-agentos-upstream': 'nope' }],
    ] as const) {
      const answer = await send(gateway.url + path, { headers })
      expect([answer.status, await answer.json()]).toEqual([
        404,
        { detail: "No upstream named 'nope'" },
      ])
    }
  })
})

describe('request heads that are too large', () => {
  test('a header of 10 MB answers 431 before its end', async () => {
    const { gateway } = await open()
    const connection = await rawConnection(gateway.port)
    connection.write('GET /health HTTP/1.1\r\nhost: x\r\nx-big: ')
    const piece = Buffer.alloc(1024 * 1024, 'x')
    for (let i = 0; i < 10; i++) connection.write(piece)
    connection.write('\r\n\r\n')
    const text = await connection.until(/"detail":"[^"]+"\}$/)
    expect(text).toMatch(/^HTTP\/1.1 431 Request Header Fields Too Large\r\n/)
    expect(text).toContain('x-agentos-gateway-error: AGW_HEADERS_TOO_LARGE')
    expect((await send(`${gateway.url}/health`)).status).toBe(200)
  })

  test('a path beyond the head limit answers 431', async () => {
    const { gateway } = await open()
    const text = await sendRaw(
      gateway.port,
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1.1 431 .*\{"detail":"[^"]+"\}$/s)
  })
})

describe('malformed HTTP', () => {
  test.each([
    ['noise', '\x16\x03\x01\x02\x00\x01\x00'],
    ['an unknown method', 'FROBNICATE / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nhost x\r\n\r\n'],
    ['a request without host', 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['an unknown version', 'GET /health HTTP/7.3\r\nhost: x\r\n\r\n'],
  ])("%s answers 400 in AgentOS's error format", async (_name, bytes) => {
    const { gateway } = await open()
    const text = await sendRaw(gateway.port, bytes)
    expect(text).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
    expect(text).toMatch(/\r\n\r\n\{"detail":"[^"]+"\}$/)
    expect((await send(`${gateway.url}/health`)).status).toBe(200)
  })

  test('a connection reset inside a request head affects no other request', async () => {
    const { gateway } = await open()
    const connection = await rawConnection(gateway.port)
    connection.write('GET /health HTTP/1.1\r\nhos')
    connection.socket.resetAndDestroy()
    expect((await send(`${gateway.url}/health`)).status).toBe(200)
  })
})

test('CONNECT answers 405 with the allowed methods', async () => {
  const { gateway, upstream } = await open()
  const text = await sendRaw(gateway.port, 'CONNECT x:80 HTTP/1.1\r\nhost: x:80\r\n\r\n')
  expect(text).toMatch(/^HTTP\/1.1 405 Method Not Allowed\r\n/)
  expect(text).toMatch(/\r\nallow: GET, HEAD, POST, /)
  expect(text).toMatch(/\r\n\r\n\{"detail":"Method Not Allowed"\}$/)
  await gateway.log.until(({ error }) => error === 'AGW_METHOD_NOT_ALLOWED')
  expect(upstream.waiting).toBe(0)
})

test('CONNECT behind a response in progress closes the connection without an answer', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const connection = await rawConnection(gateway.port)
  connection.write('POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  const stream = (await upstream.next()).events()
  stream.write('data: 1\n\n')
  await connection.until(/data: 1/)
  connection.write('CONNECT x:80 HTTP/1.1\r\nhost: x:80\r\n\r\n')
  expect(await connection.whole()).toMatch(/data: 1\n\n\r\n$/)
})

test('a malformed token answers 401 and never 500', async () => {
  const keys = [{ alg: 'HS256', secret: 'secret-that-is-long-enough-for-hs256' }]
  const { gateway, upstream } = await open({ auth: { mode: 'jwt', keys } })
  for (const token of [
    'nope',
    'Bearer',
    'Basic abc',
    'a.b.c',
    'bnVsbA.e30.x',
    `e30.${'x'.repeat(12_000)}.x`,
    '..',
    'e30.e30.',
  ]) {
    const answer = await send(`${gateway.url}/agents/echo/runs`, {
      method: 'POST',
      headers: { authorization: token },
    })
    expect(answer.status, token).toBe(401)
    expect(await answer.json()).toEqual({ detail: expect.any(String) })
  }
  expect(upstream.waiting).toBe(0)
})
