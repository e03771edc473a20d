import { describe, expect, test } from 'vitest'
import { answerTo, begin, rawConnection, run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayWithUpstream } from '../support/gateway.ts'

const EVENT = eventText({ event: 'RunContent', run_id: 'r-1' })
const PATH = '/agents/echo/runs'

describe('draining', () => {
  test('draining lets open streams finish and refuses new connections', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const answering = run(gateway.url + PATH)
    const stream = (await upstream.next()).events()
    stream.write(EVENT)
    const answer = await answering
    await answer.event()
    const drained = gateway.app.drain(60_000)
    await expect(rawConnection(gateway.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    stream.end(EVENT)
    expect(await answer.whole()).toBe(EVENT + EVENT)
    expect(await answer.isWhole).toBe(true)
    await drained
  })

  test('the end of draining breaks streams with an event and logs it', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const answering = run(gateway.url + PATH)
    const exchange = await upstream.next()
    exchange.events().write(EVENT)
    const answer = await answering
    await answer.event()
    await gateway.app.drain(0)
    expect(await answer.isWhole).toBe(false)
    expect(answer.text).toMatch(/event: RunError\ndata: \{.*AGW_DRAINING.*\}\n\n$/)
    expect(await exchange.request.closed).toBe(false)
    expect(await gateway.log.access(PATH)).toMatchObject({ status: 200, error: 'AGW_DRAINING' })
  })

  test('the end of draining answers 503 where no response has begun', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const request = begin(gateway.url + PATH, { method: 'POST' })
    const answering = answerTo(request)
    request.end('message=hi')
    const exchange = await upstream.next()
    await gateway.app.drain(0)
    const answer = await answering
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { detail: 'The gateway is shutting down' },
    ])
    expect(await exchange.request.closed).toBe(false)
  })

  test('a request on a kept connection is answered before the connection closes', async () => {
    const { gateway } = await gatewayWithUpstream()
    const kept = await rawConnection(gateway.port)
    const ask = () => kept.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
    ask()
    await kept.until(/"status":"ok".*\}/s)
    const drained = gateway.app.drain(20_000)
    ask()
    expect(await kept.whole()).toMatch(/connection: close.*"status":"ok"/s)
    await drained
  })

  test('draining closes idle kept connections', async () => {
    const { gateway } = await gatewayWithUpstream()
    const [kept, fresh] = [await rawConnection(gateway.port), await rawConnection(gateway.port)]
    kept.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
    await kept.until(/"status":"ok"/)
    await gateway.app.drain(20_000)
    await Promise.all([kept.closed, fresh.closed])
  })

  test('draining waits until a slow reader has its whole response', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const slow = await rawConnection(gateway.port)
    slow.socket.pause()
    slow.write('POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
    const { response, request } = await upstream.next()
    const body = Buffer.alloc(6 * 1024 * 1024, 'x')
    response.writeHead(200, { 'content-length': body.length }).end(body)
    const drained = gateway.app.drain(20_000)
    const sending = await Promise.race([request.closed, drained])
    expect(sending).not.toBeUndefined()
    slow.socket.resume()
    const answer = await slow.whole()
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(body.length)
    await drained
  })
})
