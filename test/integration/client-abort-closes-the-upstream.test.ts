import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answerTo, begin, rawConnection, run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayWithUpstream } from '../support/gateway.ts'

const PATH = '/agents/echo/runs'
const EVENT = eventText({ event: 'RunStarted', run_id: 'r-1' })

describe('disconnects of the caller', () => {
  test('a disconnect before the response closes the upstream connection', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const request = begin(gateway.url + PATH, { method: 'POST' })
    request.end('message=hi')
    const exchange = await upstream.next()
    request.destroy()
    expect(await exchange.request.closed).toBe(false)
    expect(await gateway.log.access(PATH)).toMatchObject({
      status: 499,
      error: 'AGW_CLIENT_CLOSED',
      upstream: 'a',
      component: 'agents/echo',
    })
  })

  test('a disconnect during a stream closes the upstream connection', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const answering = run(gateway.url + PATH)
    const exchange = await upstream.next()
    exchange.events().write(EVENT)
    const answer = await answering
    await answer.event()
    answer.abort()
    expect(await exchange.request.closed).toBe(false)
    expect(await gateway.log.access(PATH)).toMatchObject({
      status: 499,
      error: 'AGW_CLIENT_CLOSED',
      stream: true,
      runId: 'r-1',
      bytes: EVENT.length,
    })
  })

  test('a disconnect inside a small request body sends nothing upstream', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const connection = await rawConnection(gateway.port)
    connection.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nmessage=`)
    await gateway.log.until(({ msg }) => msg === 'upstream')
    connection.socket.destroy()
    expect(await gateway.log.access(PATH)).toMatchObject({ status: 499 })
    expect(upstream.waiting).toBe(0)
  })

  test.each([
    ['an upload of a known length', { 'content-length': '1000000' }],
    ['a chunked upload', {}],
  ])('a disconnect during %s reaches the upstream as incomplete', async (_, headers) => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const request = begin(gateway.url + PATH, { method: 'POST', headers })
    request.write(Buffer.alloc(500_000))
    const exchange = await upstream.next()
    exchange.message.resume()
    request.destroy()
    expect(await exchange.request.closed).toBe(false)
    expect(exchange.message.complete).toBe(false)
    expect(await gateway.log.access(PATH)).toMatchObject({ status: 499 })
  })

  test('disconnects of callers do not count against the replica', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    for (let i = 0; i < 5; i++) {
      const request = begin(gateway.url + PATH, { method: 'POST' })
      request.end('message=hi')
      const exchange = await upstream.next()
      request.destroy()
      await exchange.request.closed
    }
    const [replica] = gateway.app.engine.current.upstreams.get('a')?.replicas ?? []
    expect(replica?.isAvailable(Date.now())).toBe(true)
    expect(replica?.lastError).toBeUndefined()
    expect(replica?.inFlight).toBe(0)
  })

  test('a disconnect during component look-up leaves no request waiting', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    // The first unknown id makes the gateway query its upstreams again, so the look-up takes a moment.
    const request = begin(`${gateway.url}/agents/nobody/runs`, { method: 'POST' })
    request.end('message=hi')
    request.once('socket', (socket) =>
      socket.once('connect', () => setImmediate(() => request.destroy())),
    )
    expect(await gateway.log.access('/agents/nobody/runs')).toBeDefined()
    expect(upstream.waiting).toBe(0)
  })
})

describe('complete request bodies', () => {
  test('the end of a request body does not count as a disconnect', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const request = begin(gateway.url + PATH, { method: 'POST' })
    request.end('message=hi')
    const exchange = await upstream.next()
    await exchange.body()
    exchange.events().write(EVENT)
    const answer = await answerTo(request)
    expect(await answer.event()).toBe(EVENT)
    exchange.response.end(EVENT)
    expect(await answer.whole()).toBe(EVENT + EVENT)
    expect(await exchange.request.closed).toBe(true)
  })
})

describe('half-closed connections', () => {
  test('a half-closed connection ends the upstream request', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const connection = await halfOpenConnection(gateway.port)
    connection.socket.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)
    const exchange = await upstream.next()
    connection.socket.end()
    expect(await exchange.request.closed).toBe(false)
    expect(await gateway.log.access(PATH)).toMatchObject({ status: 499 })
    expect(await connection.whole).toBe('')
  })

  test('a half-closed connection receives an answer of the gateway itself', async () => {
    const { gateway } = await gatewayWithUpstream()
    const { socket, whole } = await halfOpenConnection(gateway.port)
    socket.end('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(await whole).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  })
})

/** Opens a connection whose directions close separately. */
async function halfOpenConnection(port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  const { promise: whole, resolve } = Promise.withResolvers<string>()
  let text = ''
  socket
    .on('error', () => {})
    .on('data', (bytes) => {
      text += String(bytes)
    })
    .on('end', () => resolve(text))
    .on('close', () => resolve(text))
  await once(socket, 'connect')
  return { socket, whole }
}
