import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayTo } from '../support/gateway.ts'

/** Starts a stream and relays its first event. */
async function streaming() {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url)
  const answering = run(`${gateway.url}/agents/echo/runs`)
  const stream = (await upstream.next()).events()
  stream.write(eventText({ event: 'RunStarted', run_id: 'r-1' }))
  const answer = await answering
  await answer.event()
  return { upstream, gateway, stream, answer }
}

test('a draining gateway reports it and accepts requests for drain_delay', async () => {
  const { upstream, gateway, stream } = await streaming()
  const ready = () => send(`${gateway.url}/gateway/ready`)
  expect((await ready()).status).toBe(200)
  const draining = gateway.app.drain(20_000, 300)
  const notReady = await ready()
  expect([notReady.status, notReady.headers['x-agentos-gateway-error']]).toEqual([
    503,
    'AGW_DRAINING',
  ])
  for (let count = 0; count < 5; count++) {
    const answering = run(`${gateway.url}/agents/echo/runs`)
    ;(await upstream.next()).json({ content: 'hi' })
    const answer = await answering
    expect([answer.status, answer.headers.connection]).toEqual([200, 'close'])
  }
  stream.end()
  await draining
  await expect(ready()).rejects.toThrow('ECONNREFUSED')
})

test('a stream that ends within drain_timeout ends normally', async () => {
  const { gateway, stream, answer } = await streaming()
  const draining = gateway.app.drain(20_000)
  stream.end(eventText({ event: 'RunCompleted', run_id: 'r-1' }))
  expect(await answer.isWhole).toBe(true)
  expect(answer.text).toContain('RunCompleted')
  await draining
})

test('a stream longer than drain_timeout breaks with a RunError event', async () => {
  const { gateway, answer } = await streaming()
  await gateway.app.drain(60)
  expect(await answer.isWhole).toBe(false)
  expect(answer.text).toMatch(/event: RunError\ndata: .*"error_id":"AGW_DRAINING"/)
})
