/** Tests that an answer sent before the request body was read reaches the caller. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { answerTo, begin, rawConnection } from '../support/client.ts'
import type { FakeHandler } from '../support/fake-upstream.ts'
import { gatewayOf, gatewayTo, gatewayWithUpstream } from '../support/gateway.ts'
import { startRawUpstream } from '../support/raw-upstream.ts'

const MB = 1024 * 1024
const SIZE = 20 * MB

/** Reads the request and never answers. */
const reads: FakeHandler = (_request, _response, message) => {
  message.resume()
}

/** Begins a large upload that the test continues after the answer. */
async function upload(url: string, headers: Record<string, string>) {
  const request = begin(url, { method: 'POST', headers })
  const answering = answerTo(request)
  request.write(Buffer.alloc(MB))
  return { request, answering }
}

describe('an upstream that answers during an upload', () => {
  test.each([
    ['announced', { 'content-length': String(SIZE) }],
    ['unannounced', { 'transfer-encoding': 'chunked' }],
  ])('an early answer to an upload of %s length reaches the caller', async (_name, headers) => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const { request, answering } = await upload(`${gateway.url}/agents/echo/runs`, headers)
    const exchange = await upstream.next()
    exchange.json({ detail: 'Authorization header missing' }, 401)
    const answer = await answering
    expect(answer.status).toBe(401)
    for (let sent = MB; sent < SIZE; sent += MB) request.write(Buffer.alloc(MB))
    request.end()
    expect(await answer.json()).toEqual({ detail: 'Authorization header missing' })
    expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({ status: 401 })
  })

  test("the caller's connection stays usable after an early answer", async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const connection = await rawConnection(gateway.port)
    connection.write(
      `POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: ${SIZE}\r\n\r\n`,
    )
    connection.write(Buffer.alloc(MB))
    const exchange = await upstream.next()
    exchange.json({ detail: 'no' }, 401)
    await connection.until(/"no"/)
    connection.write(Buffer.alloc(SIZE - MB))
    connection.write('GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    expect(await connection.whole()).toMatch(/401 Unauthorized.*200 OK.*"status":"ok"/s)
  })

  test('an early answer followed by a closed connection reaches the caller', async () => {
    const upstream = await startRawUpstream((socket) => {
      socket.resume().end('HTTP/1.1 413 No\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno')
    })
    const gateway = await gatewayTo(upstream.url)
    const headers = { 'content-length': String(SIZE) }
    const { request, answering } = await upload(`${gateway.url}/agents/echo/runs`, headers)
    const answer = await answering
    for (let sent = MB; sent < SIZE; sent += MB) request.write(Buffer.alloc(MB))
    request.end()
    expect([answer.status, await answer.whole()]).toEqual([413, 'no'])
  })
})

describe('an upstream that fails during an upload', () => {
  test('a reset during an upload answers 502 to the caller', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const headers = { 'content-length': String(SIZE) }
    const { request, answering } = await upload(`${gateway.url}/agents/echo/runs`, headers)
    const { message } = await upstream.next()
    message.socket.resetAndDestroy()
    for (let sent = MB; sent < SIZE; sent += MB) request.write(Buffer.alloc(MB))
    request.end()
    const answer = await answering
    expect(answer.status).toBe(502)
    expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_UPSTREAM_RESET')
  })
})

describe('request bodies over the limit', () => {
  test.each([
    ['announced', { 'content-length': String(SIZE) }],
    ['chunked', { 'transfer-encoding': 'chunked' }],
  ])('a body over the limit answers 413 before its end (%s)', async (_name, headers) => {
    const upstream = await startAgentOs({ agents: ['echo'] }, reads)
    const gateway = await gatewayOf({ a: upstream.url }, { max_body_size: '5MB' })
    const { request, answering } = await upload(`${gateway.url}/agents/echo/runs`, headers)
    for (let sent = MB; sent < SIZE; sent += MB) request.write(Buffer.alloc(MB))
    request.end()
    const answer = await answering
    expect(answer.status).toBe(413)
    expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_BODY_TOO_LARGE')
    expect(await answer.json()).toEqual({ detail: 'Request body is too large' })
    expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({ status: 413 })
    const [replica] = gateway.app.engine.current.upstreams.get('a')?.replicas ?? []
    expect(replica?.lastError).toBeUndefined()
  })

  test('a body over the limit is refused before it was sent', async () => {
    const upstream = await startAgentOs()
    const gateway = await gatewayOf({ a: upstream.url }, { max_body_size: '5MB' })
    const headers = { 'content-length': String(SIZE) }
    const { answering } = await upload(`${gateway.url}/agents/echo/runs`, headers)
    expect((await answering).status).toBe(413)
    expect(upstream.waiting).toBe(0)
  })
})

test('a refused upload on a closing connection is drained', async () => {
  const { gateway } = await gatewayWithUpstream()
  const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  const errors: Error[] = []
  let text = ''
  socket.on('error', (error) => errors.push(error)).on('data', (bytes) => (text += String(bytes)))
  socket.write(
    `POST /agents/nobody/runs HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${SIZE}\r\n\r\n`,
  )
  socket.write(Buffer.alloc(MB))
  await once(socket, 'end')
  expect(text).toMatch(/^HTTP\/1.1 404 Not Found\r\n/)
  for (let sent = MB; sent < SIZE; sent += MB) socket.write(Buffer.alloc(MB))
  await once(socket.end(), 'close')
  expect(errors).toEqual([])
})
