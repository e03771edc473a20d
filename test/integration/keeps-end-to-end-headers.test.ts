import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

/** Sends a run with headers and returns the caller's and the upstream's side. */
async function runWith(headers: Record<string, string>, document: object = {}) {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, document)
  const answering = run(`${gateway.url}/agents/echo/runs`, 'message=hi', headers)
  const exchange = await upstream.next()
  return { gateway, exchange, answering, seen: exchange.request.headers }
}

describe('request headers', () => {
  test('the upstream receives every end-to-end header of the caller', async () => {
    const { seen, exchange, answering } = await runWith({
      authorization: 'Bearer t-1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'a=b',
      'x-custom': 'kept',
      cookie: 'a=1; b=2',
      'accept-encoding': 'zstd',
      'x-latin': 'caf\u00e9',
    })
    expect(seen).toMatchObject({
      authorization: 'Bearer t-1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'a=b',
      'x-custom': 'kept',
      cookie: 'a=1; b=2',
      'accept-encoding': 'zstd',
      'x-latin': 'caf\u00e9',
    })
    exchange.json({})
    await answering
  })

  test('the upstream receives no hop-by-hop or Connection-listed header', async () => {
    const { seen, exchange, answering } = await runWith({
      connection: 'close, X-Private, x-request-id',
      'x-private': 'for the gateway alone',
      'keep-alive': 'timeout=5',
      te: 'trailers',
      trailer: 'x-t',
      'proxy-authorization': 'Basic x',
      'proxy-connection': 'keep-alive',
      upgrade: 'h2c',
    })
    for (const name of ['x-private', 'keep-alive', 'te', 'trailer', 'upgrade']) {
      expect(seen).not.toHaveProperty(name)
    }
    expect(seen).not.toHaveProperty('proxy-authorization')
    expect(seen).not.toHaveProperty('proxy-connection')
    expect(seen.connection).toBe('keep-alive')
    // A caller cannot remove the gateway's own headers by listing them in Connection.
    expect(seen['x-request-id']).toBeTypeOf('string')
    expect(seen['x-forwarded-for']).toBe('127.0.0.1')
    exchange.json({})
    await answering
  })

  test('forwarding headers of an untrusted caller are replaced', async () => {
    const { seen, exchange, answering, gateway } = await runWith({
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=6.6.6.6',
    })
    expect(seen).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${gateway.port}`,
    })
    expect(seen).not.toHaveProperty('forwarded')
    exchange.json({})
    await answering
  })

  test('forwarding headers of a trusted proxy are kept and extended', async () => {
    const { seen, exchange, answering } = await runWith(
      {
        'x-forwarded-for': '9.9.9.9',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'acme.org',
      },
      { listen: { trusted_proxies: ['127.0.0.1'] } },
    )
    expect(seen).toMatchObject({
      'x-forwarded-for': '9.9.9.9, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'acme.org',
    })
    exchange.json({})
    await answering
  })
})

describe('response headers', () => {
  test('the caller receives status, reason and end-to-end headers of the upstream', async () => {
    const { exchange, answering } = await runWith({})
    exchange.response.writeHead(
      418,
      'Short And Stout',
      [
        ['content-type', 'text/plain'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-custom', 'caf\u00e9'],
        ['connection', 'x-hop'],
        ['x-hop', 'one hop only'],
        ['keep-alive', 'timeout=1'],
        ['access-control-allow-origin', 'https://other.example'],
      ].flat(),
    )
    exchange.response.end('body')
    const answer = await answering
    expect(answer.status).toBe(418)
    expect(answer.message.statusMessage).toBe('Short And Stout')
    expect(answer.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-custom': 'caf\u00e9' })
    expect(answer.headers).not.toHaveProperty('x-hop')
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    expect(await answer.whole()).toBe('body')
  })

  test('vary joins the values of upstream and gateway', async () => {
    const { exchange, answering } = await runWith({ origin: 'https://os.agno.com' })
    exchange.response.writeHead(200, { vary: 'Accept-Encoding, Origin' }).end('{}')
    const vary = (await answering).headers.vary?.toLowerCase().split(/, */)
    expect(vary?.toSorted()).toEqual(['accept-encoding', 'origin'])
  })

  test('a compressed body is relayed as compressed bytes', async () => {
    const { exchange, answering } = await runWith({ 'accept-encoding': 'gzip' })
    const bytes = Buffer.from([0x1f, 0x8b, 8, 0, 255, 254, 0, 1, 2])
    exchange.response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes)
    const answer = await answering
    await answer.isWhole
    expect(answer.bytes.equals(bytes)).toBe(true)
    expect(answer.headers['content-encoding']).toBe('gzip')
  })

  test('a HEAD response has no body and keeps the connection usable', async () => {
    const upstream = await startAgentOs({ agents: ['echo'] }, (request, response) => {
      response.writeHead(200, { 'content-length': 1234, 'x-method': request.method }).end()
    })
    const { url } = await gatewayOf({ a: upstream.url })
    const answer = await send(`${url}/agents/echo/runs`, { method: 'HEAD' })
    expect(answer.headers).toMatchObject({ 'content-length': '1234', 'x-method': 'HEAD' })
    expect(await answer.whole()).toBe('')
    expect(await answer.isWhole).toBe(true)
    const health = await send(`${url}/health`, { method: 'HEAD' })
    expect([health.status, await health.whole()]).toEqual([200, ''])
  })

  test('a response with content-length 0 ends at once', async () => {
    const { exchange, answering } = await runWith({})
    exchange.response.writeHead(200, { 'content-length': 0 }).end()
    const answer = await answering
    expect([answer.headers['content-length'], await answer.whole()]).toEqual(['0', ''])
  })

  test('the head of a response arrives before a delayed body', async () => {
    const { exchange, answering } = await runWith({})
    exchange.response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders()
    const answer = await answering
    expect(answer.status).toBe(200)
    exchange.response.end('late')
    expect(await answer.whole()).toBe('late')
  })

  test('a response with a bodiless status ends at once', async () => {
    for (const status of [204, 304]) {
      const { exchange, answering } = await runWith({})
      exchange.response.writeHead(status, { etag: '"1"' }).end()
      const answer = await answering
      expect([answer.status, answer.headers['etag'], await answer.whole()]).toEqual([
        status,
        '"1"',
        '',
      ])
    }
  })
})
