import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { breakOff, catchUp, events, numbered } from '../support/background-run.ts'
import { rawConnection, run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayTo } from '../support/gateway.ts'

/** Starts a run whose caller disconnects after the first event. */
async function left(policy: string, document: object = {}) {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, {
    upstreams: [{ name: 'a', url: upstream.url, discover: false, on_disconnect: 'close' }],
    agents: [{ upstream: 'a', agent_id: 'echo', on_disconnect: policy }],
    ...document,
  })
  const answering = run(`${gateway.url}/agents/echo/runs`, 'message=hi', {
    authorization: 'Bearer t',
  })
  const exchange = await upstream.next()
  const response = exchange.events()
  response.write(eventText({ event: 'RunStarted', run_id: 'r-1' }))
  const answer = await answering
  await answer.event()
  answer.abort()
  await gateway.log.access('/agents/echo/runs')
  return { upstream, gateway, exchange, response }
}

describe('a caller that disconnects during a run', () => {
  test('on_disconnect close closes the upstream connection', async () => {
    const { exchange, upstream, gateway } = await left('close')
    expect(await exchange.request.closed).toBe(false)
    expect(upstream.waiting).toBe(0)
    expect(gateway.app.openResponses.size).toBe(0)
  })

  test("on_disconnect cancel cancels the run with the caller's credentials", async () => {
    const { exchange, upstream } = await left('cancel')
    const cancel = await upstream.next()
    expect(cancel.request.url).toBe('/agents/echo/runs/r-1/cancel')
    expect(cancel.request.headers.authorization).toBe('Bearer t')
    cancel.json({})
    expect(await exchange.request.closed).toBe(false)
  })

  test('on_disconnect detach reads the response to its end', async () => {
    const { exchange, response, gateway } = await left('detach')
    for (let n = 0; n < 200; n++) response.write(`data: ${'x'.repeat(10_000)}\n\n`)
    expect(gateway.app.openResponses.size).toBe(1)
    response.end()
    expect(await exchange.request.closed).toBe(true)
    await expect.poll(() => gateway.app.openResponses.size).toBe(0)
  })

  test('a detached run is read no longer than detach_timeout', async () => {
    const { exchange, gateway } = await left('detach', { detach_timeout: '30ms' })
    expect(await exchange.request.closed).toBe(false)
    expect(gateway.app.openResponses.size).toBe(0)
  })
})

test('a detached background run is resumed when its connection breaks', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, {
    agents: [{ upstream: 'a', agent_id: 'echo', on_disconnect: 'detach' }],
  })
  const caller = await rawConnection(gateway.port)
  caller.socket.pause()
  caller.write('POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  const broken = (await upstream.next()).events()
  // Exceeds the buffers of the caller's connection, so the gateway stops reading.
  let index = 0
  while (broken.writableLength < 4_000_000) {
    broken.write(events(index, index + 999))
    index += 1_000
    await new Promise(setImmediate)
  }
  caller.socket.destroy()
  await gateway.log.access('/agents/echo/runs')
  breakOff(broken)
  const resumed = await upstream.next()
  expect(resumed.request.url).toBe('/agents/echo/runs/r-1/resume')
  const rest = resumed.events()
  rest.write(catchUp)
  for (let n = 0; n < 10; n++) rest.write(events(index + n * 1_000, index + n * 1_000 + 999))
  rest.end(numbered(index + 10_000, 'RunCompleted'))
  expect(await resumed.request.closed).toBe(true)
  await expect.poll(() => gateway.app.openResponses.size).toBe(0)
})

test('a disconnect after the whole response does not cancel the run', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, {
    upstreams: [{ name: 'a', url: upstream.url, discover: false, on_disconnect: 'cancel' }],
  })
  const answering = run(`${gateway.url}/agents/echo/runs`)
  ;(await upstream.next()).json({ run_id: 'r-1', content: 'hi' })
  const answer = await answering
  expect(await answer.isWhole).toBe(true)
  answer.abort()
  await gateway.log.access('/agents/echo/runs')
  expect(upstream.waiting).toBe(0)
})
