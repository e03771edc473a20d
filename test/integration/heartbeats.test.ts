import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'

const HEARTBEAT = ': heartbeat\n\n'
const EVENT = eventText({ event: 'RunContent', run_id: 'r-1' })

async function streamThrough(heartbeat: string, headers: Record<string, string> = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const gateway = await gatewayOf({ a: upstream.url }, { heartbeat })
  const answering = run(`${gateway.url}/agents/echo/runs`)
  const { response } = await upstream.next()
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
  response.flushHeaders()
  const ticks = async (count: number) => {
    const { ticker } = gateway.app.engine.current
    const done = Promise.withResolvers<void>()
    const until = ticker.now + count
    const watched = {
      onTick: (now: number) => {
        if (now < until) return
        ticker.delete(watched)
        done.resolve()
      },
    }
    ticker.add(watched)
    await done.promise
  }
  return { response, ticks, answer: await answering }
}

describe('a silent event stream', () => {
  test('is kept alive before its first event', async () => {
    const { answer } = await streamThrough('40ms')
    expect(await answer.event()).toBe(HEARTBEAT)
    expect(await answer.event()).toBe(HEARTBEAT)
  })

  test('is kept alive between events, which stay whole', async () => {
    const { answer, response } = await streamThrough('40ms')
    response.write(EVENT)
    expect(await answer.event()).toBe(EVENT)
    expect(await answer.event()).toBe(HEARTBEAT)
    response.end(EVENT)
    const text = await answer.whole()
    expect(text.replaceAll(HEARTBEAT, '')).toBe(EVENT + EVENT)
  })

  test('that stops in the middle of an event never shows half of it', async () => {
    const { answer, response } = await streamThrough('40ms')
    response.write(EVENT.slice(0, 20))
    expect(await answer.event()).toBe(HEARTBEAT)
    response.write(EVENT.slice(20))
    response.end()
    const text = await answer.whole()
    expect(text.replaceAll(HEARTBEAT, '')).toBe(EVENT)
  })

  test('gets none in the middle of an event too long to be held back', async () => {
    const { answer, response, ticks } = await streamThrough('40ms')
    const begin = `data: ${'x'.repeat(100_000)}`
    response.write(begin)
    await answer.until(begin)
    await ticks(20)
    response.write('\n\n')
    expect(await answer.event()).toBe('\n\n')
    expect(await answer.event()).toBe(HEARTBEAT)
  })

  test('gets one after an over-long event whose blank line came in two pieces', async () => {
    const { answer, response, ticks } = await streamThrough('40ms')
    const begin = `data: ${'x'.repeat(100_000)}\n`
    response.write(begin)
    await answer.until(begin)
    await ticks(1)
    response.write('\n')
    expect(await answer.event()).toBe('\n: heartbeat\n\n')
  })

  test('gets none when compressed, of fixed length, or with heartbeat 0', async () => {
    const cases = [
      ['40ms', { 'content-encoding': 'gzip' }],
      ['40ms', { 'content-length': String(2 * EVENT.length) }],
      ['0', {}],
    ] as const
    for (const [heartbeat, headers] of cases) {
      const { answer, response, ticks } = await streamThrough(heartbeat, headers)
      response.write(EVENT)
      await answer.event()
      await ticks(heartbeat === '0' ? 3 : 20)
      response.end(EVENT)
      expect(await answer.whole()).toBe(EVENT + EVENT)
    }
  })
})

test('an answer that is no event stream gets no heartbeat', async () => {
  const { answer, response, ticks } = await streamThrough('40ms', { 'content-type': 'text/plain' })
  response.write('one ')
  await ticks(20)
  response.end('two')
  expect(await answer.whole()).toBe('one two')
})
