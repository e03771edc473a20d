import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'

/** Without a blank line: that would dispatch an event in some readers. */
const HEARTBEAT = ': heartbeat\n'
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

describe('silent event streams', () => {
  test('a stream gets heartbeats before its first event', async () => {
    const { answer } = await streamThrough('40ms')
    expect(await answer.until(HEARTBEAT.repeat(2))).toBe(HEARTBEAT.repeat(2))
  })

  test('a stream gets heartbeats between events that stay whole', async () => {
    const { answer, response } = await streamThrough('40ms')
    response.write(EVENT)
    expect(await answer.event()).toBe(EVENT)
    await answer.until(HEARTBEAT)
    response.end(EVENT)
    const text = await answer.whole()
    expect(text.replaceAll(HEARTBEAT, '')).toBe(EVENT + EVENT)
  })

  test('half an event is held back while heartbeats are sent', async () => {
    const { answer, response } = await streamThrough('40ms')
    response.write(EVENT.slice(0, 20))
    await answer.until(HEARTBEAT)
    response.write(EVENT.slice(20))
    response.end()
    const text = await answer.whole()
    expect(text.replaceAll(HEARTBEAT, '')).toBe(EVENT)
  })

  test('no heartbeat is sent inside an event too long to hold back', async () => {
    const { answer, response, ticks } = await streamThrough('40ms')
    const begin = `data: ${'x'.repeat(100_000)}`
    response.write(begin)
    await answer.until(begin)
    await ticks(20)
    response.write('\n\n')
    expect(await answer.event()).toBe('\n\n')
    await answer.until(HEARTBEAT)
  })

  test('heartbeats continue after a long event whose blank line was split', async () => {
    const { answer, response, ticks } = await streamThrough('40ms')
    const begin = `data: ${'x'.repeat(100_000)}\n`
    response.write(begin)
    await answer.until(begin)
    await ticks(1)
    response.write('\n')
    await answer.until('\n: heartbeat\n')
  })

  test('compressed and fixed-length streams and heartbeat 0 get no heartbeats', async () => {
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

test('a heartbeat behind a CR leaves its line end whole', async () => {
  const { answer, response } = await streamThrough('40ms')
  response.write('data: 1\r\n\r')
  await answer.until(': heartbeat\r')
  response.end('\ndata: 2\r\n\r\n')
  const text = await answer.whole()
  expect(text.replaceAll(': heartbeat\r', '')).toBe('data: 1\r\n\r\ndata: 2\r\n\r\n')
})

test('a byte order mark behind a heartbeat is left out', async () => {
  const { answer, response } = await streamThrough('40ms')
  await answer.until(HEARTBEAT)
  response.end('\ufeffdata: 1\n\n')
  expect((await answer.whole()).replaceAll(HEARTBEAT, '')).toBe('data: 1\n\n')
})

test('a reader that dispatches at blank lines sees no event in heartbeats', async () => {
  const { answer, response } = await streamThrough('40ms')
  response.write('id: 1\ndata: 1\n\n')
  await answer.until(HEARTBEAT)
  response.end('id: 2\ndata: 2\n\n')
  expect((await answer.whole()).match(/\n\n/g)).toHaveLength(2)
})

test('a response that is no event stream gets no heartbeats', async () => {
  const { answer, response, ticks } = await streamThrough('40ms', { 'content-type': 'text/plain' })
  response.write('one ')
  await ticks(20)
  response.end('two')
  expect(await answer.whole()).toBe('one two')
})
