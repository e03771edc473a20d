import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { answerTo, begin, run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { startGateway } from '../support/gateway.ts'

const EVENT = eventText({ event: 'RunContent', run_id: 'r-1' })

async function open(limits: object) {
  const upstream = await startAgentOs()
  const gateway = await startGateway(
    { upstreams: [{ name: 'a', url: upstream.url, ...limits }], heartbeat: 0 },
    { ready: ['a'] },
  )
  return { upstream, gateway, url: `${gateway.url}/agents/echo/runs` }
}

test('an upstream that does not answer in time gives 504', async () => {
  const { upstream, url } = await open({ timeout: '100ms' })
  const answering = run(url)
  const { request } = await upstream.next()
  const answer = await answering
  expect(answer.status).toBe(504)
  expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_UPSTREAM_TIMEOUT')
  expect(await answer.json()).toEqual({ detail: "Upstream 'a' did not answer in time" })
  expect(await request.closed).toBe(false)
})

test('a response that stalls inside its body is broken off', async () => {
  const { upstream, url } = await open({ timeout: '100ms' })
  const answering = run(url)
  const { response, request } = await upstream.next()
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{"half":')
  const answer = await answering
  expect(await answer.isWhole).toBe(false)
  expect(answer.text).toBe('{"half":')
  expect(await request.closed).toBe(false)
})

test('an event stream that stalls ends with a RunError event', async () => {
  const { upstream, url, gateway } = await open({ stream_idle_timeout: '100ms' })
  const answering = run(url)
  const exchange = await upstream.next()
  exchange.events().write(EVENT)
  const answer = await answering
  expect(await answer.isWhole).toBe(false)
  expect(answer.text).toMatch(/^event: RunContent\n.*\n\nevent: RunError\n.*AGW_RELAY_TIMEOUT/)
  expect(await exchange.request.closed).toBe(false)
  expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({
    error: 'AGW_RELAY_TIMEOUT',
  })
})

test('an event stream may be idle for longer than the response timeout', async () => {
  const { upstream, url, gateway } = await open({ timeout: '50ms', stream_idle_timeout: '1h' })
  const answering = run(url)
  const exchange = await upstream.next()
  const stream = exchange.events()
  const answer = await answering
  const { ticker } = gateway.app.engine.current
  const passed = Promise.withResolvers<void>()
  const until = ticker.now + ticker.ticks(50) * 3
  const watched = { onTick: (now: number) => now >= until && passed.resolve() }
  ticker.add(watched)
  await passed.promise
  ticker.delete(watched)
  stream.end(EVENT)
  expect(await answer.whole()).toBe(EVENT)
})

test('a long upload that progresses does not time out', async () => {
  const { upstream, url, gateway } = await open({ timeout: '600ms' })
  const { ticker } = gateway.app.engine.current
  const request = begin(url, { method: 'POST', headers: { 'content-length': '400000' } })
  request.write(Buffer.alloc(100_000))
  const exchange = await upstream.next()
  exchange.message.resume()
  let sent = 100_000
  const done = Promise.withResolvers<void>()
  const watched = {
    onTick: () => {
      if (sent === 400_000) return
      request.write(Buffer.alloc(10_000))
      sent += 10_000
      if (sent === 400_000) done.resolve()
    },
  }
  ticker.add(watched)
  await done.promise
  ticker.delete(watched)
  expect((await exchange.body()).length).toBe(400_000)
  exchange.json({ ok: true })
  expect((await answerTo(request)).status).toBe(200)
})

test('a caller that stalls inside an upload gets 408', async () => {
  const { upstream, url, gateway } = await open({ timeout: '60ms' })
  const request = begin(url, { method: 'POST', headers: { 'content-length': '400000' } })
  request.write(Buffer.alloc(100_000))
  const exchange = await upstream.next()
  exchange.message.resume()
  const answer = await answerTo(request)
  expect(answer.status).toBe(408)
  expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_REQUEST_TIMEOUT')
  expect(await exchange.request.closed).toBe(false)
  const [replica] = gateway.app.engine.current.upstreams.get('a')?.replicas ?? []
  expect(replica?.lastError).toBeUndefined()
})
