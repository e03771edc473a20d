/** Tests the forms of request targets besides a path (RFC 9112 §3.2). */
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { rawConnection, sendRaw } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

const REST = 'HTTP/1.1\r\nhost: other.example\r\nconnection: close\r\n'

async function gateway(document: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] })
  return { upstream, gateway: await gatewayOf({ a: upstream.url, b: upstream.url }, document) }
}

describe('a target in absolute form', () => {
  test.each([
    ['http://gw.example:1/health', 200],
    ['HTTPS://gw.example/health/', 200],
    ['http://gw.example/health?x=http://y/', 200],
    ['http://gw.example', 200],
    ['http://gw.example?x=1', 200],
    ['http://user@gw.example/health', 400],
    ['http:///health', 400],
    ['http://gw.example/agents/../health', 400],
    ['http://gw.example/%2e%2e/health', 400],
    ['http://gw.example//health', 404],
    ['ftp://gw.example/health', 400],
    ['http://gw.example#health', 400],
  ])('the absolute target %s is answered as its path: %i', async (target, status) => {
    const { gateway: served } = await gateway()
    expect(await sendRaw(served.port, `GET ${target} ${REST}\r\n`)).toMatch(`HTTP/1.1 ${status} `)
  })

  test('the host of an absolute target replaces the Host header for the upstream', async () => {
    const { gateway: served, upstream } = await gateway()
    const answering = sendRaw(
      served.port,
      `POST http://gw.example:8/agents/echo/runs ${REST}content-length: 0\r\n\r\n`,
    )
    const exchange = await upstream.next()
    expect(exchange.request.headers['x-forwarded-host']).toBe('gw.example:8')
    expect(exchange.request.url).toBe('/agents/echo/runs')
    exchange.json({})
    expect(await answering).toMatch('HTTP/1.1 200 ')
  })

  test('an absolute target without a Host header is refused', async () => {
    const { gateway: served } = await gateway()
    const request = 'GET http://gw.example/health HTTP/1.1\r\nconnection: close\r\n\r\n'
    expect(await sendRaw(served.port, request)).toMatch('HTTP/1.1 400 ')
  })

  test('an absolute target opens the WebSocket at its path', async () => {
    const { gateway: served } = await gateway()
    const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n'
    const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const target = 'http://gw.example/workflows/ws'
    const connection = await rawConnection(served.port)
    connection.write(`GET ${target} HTTP/1.1\r\nhost: gw.example\r\n${upgrade}${key}\r\n`)
    expect(await connection.until(/\r\n\r\n/)).toMatch('HTTP/1.1 101 ')
  })
})

describe('a request with OPTIONS', () => {
  test.each(['*', 'http://gw.example'])(
    'OPTIONS %s asks about the server as a whole',
    async (target) => {
      const { gateway: served } = await gateway()
      const answer = await sendRaw(served.port, `OPTIONS ${target} ${REST}\r\n`)
      expect(answer).toMatch('HTTP/1.1 204 ')
      expect(answer).toMatch('allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n')
    },
  )

  test('the named upstream answers OPTIONS below its name', async () => {
    const { gateway: served, upstream } = await gateway()
    const answering = sendRaw(served.port, `OPTIONS /upstreams/a/mcp ${REST}\r\n`)
    const exchange = await upstream.next()
    expect(exchange.request).toMatchObject({ method: 'OPTIONS', url: '/mcp' })
    exchange.response.writeHead(405, { allow: 'POST' }).end()
    const answer = await answering
    expect(answer).toMatch('HTTP/1.1 405 ')
    expect(answer).toMatch('allow: POST\r\n')
  })

  test('the target * is refused for any method but OPTIONS', async () => {
    const { gateway: served } = await gateway()
    expect(await sendRaw(served.port, `GET * ${REST}\r\n`)).toMatch('HTTP/1.1 400 ')
  })
})
