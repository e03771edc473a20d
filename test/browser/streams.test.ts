/** Tests event streams as pages read them: by `fetch`, as agent-ui does, and by `EventSource`. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'
import { AGENT_UI, CONTROL_PLANE, useChromium } from './support/chromium.ts'

const browser = useChromium()

/** Starts a run of the agent `echo` that a page reads. */
async function streaming(origin: string, document: object = {}) {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, document)
  const page = await browser.visit(origin)
  const form = { message: 'hi', stream: 'true' }
  const whole = page.call('stream', `${gateway.url}/agents/echo/runs`, { form })
  const exchange = await upstream.next()
  return { gateway, page, whole, exchange, response: exchange.events() }
}

test.each([AGENT_UI, CONTROL_PLANE])(
  'a page at %s reads each event before the next',
  async (origin) => {
    const { page, whole, response, exchange } = await streaming(origin)
    expect((await exchange.body()).toString()).toContain('name="message"\r\n\r\nhi\r\n')
    let sent = ''
    for (const content of ['Grüße ', '你好 ', '👋🏽', 'x'.repeat(100_000)]) {
      const event = { event: 'RunContent', content }
      sent += eventText(event)
      response.write(eventText(event))
      // The upstream sends the next event only after the page reported this one.
      expect(await page.next()).toEqual(event)
    }
    response.end()
    expect(await whole).toMatchObject({ status: 200, text: sent })
    expect(await whole).not.toHaveProperty('failed')
  },
)

test('a character split across packets is read whole', async () => {
  const { page, whole, response } = await streaming(AGENT_UI)
  const bytes = Buffer.from(eventText({ event: 'RunContent', content: '👋' }))
  const middle = bytes.indexOf(Buffer.from('👋')) + 2
  response.write(eventText({ event: 'RunStarted' }))
  response.write(bytes.subarray(0, middle))
  expect(await page.next()).toEqual({ event: 'RunStarted' })
  response.end(bytes.subarray(middle))
  expect(await page.next()).toEqual({ event: 'RunContent', content: '👋' })
  await whole
})

test('an AbortController closes the upstream request', async () => {
  const { page, whole, response, exchange, gateway } = await streaming(AGENT_UI)
  response.write(eventText({ event: 'RunStarted' }))
  await page.next()
  await page.call('abort')
  expect(await whole).toMatchObject({ status: 200, failed: 'AbortError' })
  expect(await exchange.request.closed).toBe(false)
  expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({ status: 499 })
})

test('an abort before the first event closes the upstream request', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const page = await browser.visit(AGENT_UI)
  const whole = page.call('stream', `${gateway.url}/agents/echo/runs`, { form: { message: 'hi' } })
  const exchange = await upstream.next()
  await page.call('abort')
  expect(await whole).toMatchObject({ status: 0, failed: 'AbortError' })
  expect(await exchange.request.closed).toBe(false)
})

test.each(['reload', 'close'] as const)(
  'a %s of the page closes the upstream request',
  async (what) => {
    const { page, whole, response, exchange } = await streaming(CONTROL_PLANE)
    response.write(eventText({ event: 'RunStarted' }))
    await page.next()
    const lost = whole.then(
      () => false,
      () => true,
    )
    await page.page[what]()
    expect(await exchange.request.closed).toBe(false)
    expect(await lost).toBe(true)
  },
)

test('a stream whose upstream dies reports an error and a failed fetch', async () => {
  const { page, whole, response } = await streaming(AGENT_UI)
  response.write(eventText({ event: 'RunStarted', run_id: 'r1' }))
  await page.next()
  response.destroy()
  expect(await page.next()).toMatchObject({ event: 'RunError' })
  expect(await whole).toMatchObject({ status: 200, failed: 'TypeError' })
})

test('heartbeats do not reach the page as events', async () => {
  const { page, whole, response } = await streaming(AGENT_UI, { heartbeat: 0.2 })
  response.write(eventText({ event: 'RunStarted' }))
  expect(await page.next()).toEqual({ event: 'RunStarted' })
  expect(await page.next()).toBe('heartbeat')
  response.end(eventText({ event: 'RunCompleted' }))
  await whole
  expect((await page.rest()).filter((each) => each !== 'heartbeat')).toEqual([
    { event: 'RunCompleted' },
  ])
})

test('EventSource receives events by name with ids and no heartbeats', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { heartbeat: 0.2 })
  const page = await browser.visit(CONTROL_PLANE)
  const done = page.call('listen', `${gateway.url}/upstreams/a/feed`, ['note', 'message'])
  const exchange = await upstream.next()
  expect(exchange.request.headers.accept).toBe('text/event-stream')
  const response = exchange.events()
  expect(await page.next()).toBe('open')
  response.write('id: 7\nevent: note\ndata: one\ndata: two\n\n: nothing\n\n')
  expect(await page.next()).toEqual({ name: 'note', data: 'one\ntwo', lastEventId: '7' })
  response.write('event: other\ndata: x\n\ndata: last\n\n')
  expect(await page.next()).toEqual({ name: 'message', data: 'last', lastEventId: '7' })
  response.end()
  await done
})
