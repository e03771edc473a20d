import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import {
  breakOff,
  catchUp,
  events,
  notFound,
  numbered,
  RUN,
  replay,
  storedReplay,
  subscribed,
} from '../support/background-run.ts'
import { run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayTo } from '../support/gateway.ts'

/** Starts a background stream and relays its events 0 to 4. */
async function stream(document: object = {}) {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, document)
  const runs = `${gateway.url}/agents/echo/runs`
  const answering = run(runs, 'message=hi&stream=true&background=true', {
    authorization: 'Bearer t',
  })
  const response = (await upstream.next()).events()
  response.write(events(0, 4))
  const answer = await answering
  await answer.until('part 4"')
  return { upstream, gateway, response, answer, runs }
}

describe('a background stream whose connection breaks', () => {
  test('a broken background stream is resumed without a gap or a repeat', async () => {
    const { upstream, response, answer } = await stream()
    breakOff(response)
    const resumed = await upstream.next()
    expect(resumed.request.url).toBe(`/agents/echo/runs/${RUN}/resume`)
    expect(resumed.request.headers.authorization).toBe('Bearer t')
    expect((await resumed.body()).toString()).toBe('last_event_index=4&session_id=s-1')
    const rest = resumed.events()
    // AgentOS may repeat events from around the break; events up to the index are not new.
    rest.write(catchUp + events(3, 7) + subscribed + events(6, 8))
    rest.end(numbered(9, 'RunCompleted'))
    expect(await answer.isWhole).toBe(true)
    expect(answer.text).toBe(events(0, 8) + numbered(9, 'RunCompleted'))
  })

  test('a background stream is resumed after every break, even inside an event', async () => {
    const { upstream, response, answer, gateway } = await stream()
    let broken = response
    for (let index = 5; index < 25; index++) {
      broken.write(numbered(index).slice(0, 40))
      breakOff(broken)
      const resumed = await upstream.next()
      expect((await resumed.body()).toString()).toContain(`last_event_index=${index - 1}&`)
      broken = resumed.events()
      broken.write(catchUp + numbered(index))
      await answer.until(`part ${index}"`)
    }
    broken.end()
    expect(await answer.isWhole).toBe(true)
    expect(answer.text).toBe(events(0, 24))
    expect(await gateway.log.access('/agents/echo/runs')).not.toHaveProperty('error')
  })

  test('a run that ended during the break ends its stream cleanly', async () => {
    const { upstream, response, answer } = await stream()
    breakOff(response)
    ;(await upstream.next()).events().end(replay + numbered(5, 'RunCompleted'))
    expect(await answer.whole()).toBe(events(0, 4) + numbered(5, 'RunCompleted'))
    expect(await answer.isWhole).toBe(true)
  })

  test('a stored replay with other indexes delivers only its final event', async () => {
    const { upstream, response, answer } = await stream()
    breakOff(response)
    const stored = numbered(0) + numbered(1, 'RunCompleted')
    ;(await upstream.next()).events().end(storedReplay + stored)
    expect(await answer.whole()).toBe(events(0, 4) + numbered(1, 'RunCompleted'))
    expect(await answer.isWhole).toBe(true)
  })

  test('resuming is retried while the upstream fails and then ends with RunError', async () => {
    const { upstream, response, answer } = await stream({ reattach_attempts: 3 })
    breakOff(response)
    ;(await upstream.next()).json({ detail: 'starting' }, 500)
    ;(await upstream.next()).events().end(notFound)
    ;(await upstream.next()).events().end(storedReplay)
    expect(await answer.isWhole).toBe(false)
    expect(answer.text).toMatch(/part 4".*\n\nevent: RunError\ndata: .*AGW_RELAY_INTERRUPTED/s)
    expect(upstream.requests.filter(({ url }) => url.endsWith('/resume')).length).toBe(3)
  })

  test('a broken background stream is not resumed with reattach_attempts 0', async () => {
    const { upstream, response, answer } = await stream({ reattach_attempts: 0 })
    breakOff(response)
    expect(await answer.whole()).toContain('event: RunError')
    expect(upstream.waiting).toBe(0)
  })

  test('a broken background stream is not resumed after its caller disconnected', async () => {
    const { upstream, response, answer, gateway } = await stream()
    breakOff(response)
    ;(await upstream.next()).json({}, 500)
    answer.abort()
    await gateway.log.access('/agents/echo/runs')
    expect(upstream.waiting).toBe(0)
    expect(gateway.app.openResponses.size).toBe(0)
  })
})

describe('a broken response of the resume route', () => {
  test.each([
    ['last_event_index=6&session_id=s-1', {}, 6],
    ['session_id=s-1', { 'last-event-id': '6' }, 6],
    ['last_event_index=6', { 'last-event-id': '2' }, 6],
    ['session_id=s-1', {}, -1],
  ])(
    "a broken resume response continues from the caller's position (%s, %o)",
    async (form, headers, index) => {
      const upstream = await startAgentOs()
      const gateway = await gatewayTo(upstream.url)
      const answering = run(`${gateway.url}/agents/echo/runs/${RUN}/resume`, form, headers)
      const first = await upstream.next()
      const sent = new URLSearchParams((await first.body()).toString())
      expect(Number(sent.get('last_event_index') ?? -1)).toBe(index)
      const response = first.events()
      response.write(subscribed)
      const answer = await answering
      await answer.event()
      breakOff(response)
      const second = await upstream.next()
      expect((await second.body()).toString()).toContain(`last_event_index=${index}`)
      second.events().end(catchUp + events(index + 1, index + 2))
      expect(await answer.whole()).toBe(subscribed + events(index + 1, index + 2))
    },
  )
})

describe('foreground streams', () => {
  test('a broken foreground stream ends with RunError and is not resumed', async () => {
    const upstream = await startAgentOs()
    const gateway = await gatewayTo(upstream.url)
    const answering = run(`${gateway.url}/agents/echo/runs`, 'message=hi&stream=true')
    const response = (await upstream.next()).events()
    response.write(eventText({ event: 'RunStarted', run_id: RUN }))
    const answer = await answering
    await answer.event()
    breakOff(response)
    expect(await answer.whole()).toContain('event: RunError')
    expect(upstream.waiting).toBe(0)
  })
})
