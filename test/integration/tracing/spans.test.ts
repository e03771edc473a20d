import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import {
  breakOff,
  catchUp,
  events,
  numbered,
  RUN,
  SESSION,
  subscribed,
} from '../../support/background-run.ts'
import { run, send } from '../../support/client.ts'
import type { SentSpan } from '../../support/collector.ts'
import { eventText } from '../../support/fake-upstream.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'
import { PARENT, tracedGateway } from './support.ts'

const RUNS = '/agents/echo/runs'
const PAGE = { page: 1, limit: 20, total_pages: 0, total_count: 0 }
const isServer = ({ kind }: SentSpan) => kind === 'server'
const isClient = ({ kind }: SentSpan) => kind === 'client'

async function open() {
  const upstream = await startAgentOs()
  const traced = await tracedGateway({ upstreams: [{ name: 'a', url: upstream.url }] }, ['a'])
  return { upstream, ...traced, url: traced.gateway.url + RUNS }
}

describe('traced requests', () => {
  test('a request has a server span, client span and run attributes', async () => {
    const { upstream, gateway, collector, url } = await open()
    const answering = run(`${url}?token=hidden`, 'message=hi', {
      ...PARENT.headers,
      'user-agent': 'test/1',
    })
    const exchange = await upstream.next()
    exchange.json({ run_id: 'r-9', session_id: 's-9', content: 'hi' })
    const answer = await answering
    await answer.whole()
    const [server] = (await collector.until(isServer)) as [SentSpan]
    const [client] = (await collector.until(isClient)) as [SentSpan]
    expect(server).toMatchObject({
      traceId: PARENT.traceId,
      parentSpanId: PARENT.spanId,
      traceState: 'vendor=opaque',
      name: 'POST /agents/{id}/runs',
      isError: false,
      events: ['first byte'],
    })
    expect(server.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/agents/{id}/runs',
      'http.response.status_code': 200,
      'http.response.body.size': Buffer.byteLength(answer.text),
      'url.path': RUNS,
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': gateway.port,
      'client.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'test/1',
      'agentos.request_id': answer.headers['x-request-id'],
      'agentos.upstream': 'a',
      'agentos.component': 'agents/echo',
      'agentos.run_id': 'r-9',
      'agentos.session_id': 's-9',
    })
    expect(client).toMatchObject({
      traceId: PARENT.traceId,
      parentSpanId: server.spanId,
      name: 'POST a',
      isError: false,
      events: ['first byte'],
    })
    expect(client.attributes).toEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'url.full': upstream.url + RUNS,
      'server.address': '127.0.0.1',
      'server.port': upstream.port,
      'agentos.upstream': 'a',
      'agentos.replica': upstream.url,
    })
    expect(exchange.request.headers).toMatchObject({
      traceparent: `00-${PARENT.traceId}-${client.spanId}-01`,
      tracestate: 'vendor=opaque',
    })
    expect(await gateway.log.access(RUNS)).toMatchObject({ traceId: PARENT.traceId })
    expect(collector.text).not.toContain('hidden')
  })

  test('a request without a valid trace context starts a new trace', async () => {
    const { upstream, collector, url } = await open()
    for (const headers of [{}, { traceparent: 'nonsense', tracestate: 'a=b' }]) {
      const answering = run(url, 'message=hi', headers)
      const exchange = await upstream.next()
      expect(exchange.request.headers).not.toHaveProperty('tracestate')
      expect(exchange.request.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      exchange.json({})
      await answering
    }
    const servers = await collector.until(isServer, 2)
    expect(servers.map(({ parentSpanId }) => parentSpanId)).toEqual(['', ''])
    expect(servers[0]?.traceId).not.toBe(servers[1]?.traceId)
  })

  test('the span of a stream lasts until the stream ends', async () => {
    const { upstream, collector, url } = await open()
    const answering = run(url)
    const stream = (await upstream.next()).events()
    stream.write(eventText({ event: 'RunStarted', run_id: 'r-1', session_id: 's-1' }))
    const answer = await answering
    await answer.event()
    await send(`${new URL(url).origin}/health`)
    // Every span that has ended was exported, and the stream's is not among them.
    const [health] = (await collector.until(isServer)) as [SentSpan]
    expect(health.name).toBe('GET /health')
    stream.end(eventText({ event: 'RunCompleted', run_id: 'r-1' }))
    await answer.whole()
    const [, server] = (await collector.until(isServer, 2)) as [SentSpan, SentSpan]
    expect(server.attributes).toMatchObject({ 'agentos.run_id': 'r-1' })
    expect(server.startMs).toBeLessThan(health.startMs)
    expect(server.endMs).toBeGreaterThan(health.endMs)
  })

  test('a request retried on another replica has a span per attempt', async () => {
    const [dead, alive] = await Promise.all([startAgentOs(), startAgentOs()])
    const { gateway, collector } = await tracedGateway(
      {
        upstreams: [
          {
            name: 'u',
            urls: [dead.url, alive.url],
            policy: 'round_robin',
            health_check: false,
            ejection: { after: 100 },
          },
        ],
      },
      ['u'],
    )
    await dead.close()
    const answer = async (): Promise<void> => {
      const answering = run(gateway.url + RUNS)
      ;(await alive.next()).json({})
      await answering
    }
    await answer()
    await answer()
    const failed = ({ attributes }: SentSpan) => attributes['error.type'] === 'ECONNREFUSED'
    const [first] = (await collector.until(failed)) as [SentSpan]
    const inside = ({ parentSpanId }: SentSpan) => parentSpanId === first.parentSpanId
    const attempts = await collector.until(inside, 2)
    expect(
      attempts.map(({ attributes, isError }) => [attributes['agentos.replica'], isError]),
    ).toEqual([
      [dead.url, true],
      [alive.url, false],
    ])
    expect(attempts[1]?.attributes['http.request.resend_count']).toBe(1)
    const parent = ({ spanId }: SentSpan) => spanId === first.parentSpanId
    const [server] = await collector.until(parent)
    expect(server).toMatchObject({ kind: 'server', isError: false })
  })

  test('a resumed stream records the resume as span event and client span', async () => {
    const { upstream, collector, url } = await open()
    const answering = run(url, 'message=hi&stream=true&background=true', PARENT.headers)
    const response = (await upstream.next()).events()
    response.write(events(0, 4))
    const answer = await answering
    await answer.until('part 4"')
    breakOff(response)
    const resumed = await upstream.next()
    const rest = resumed.events()
    rest.end(catchUp + subscribed + numbered(5, 'RunCompleted'))
    expect(await answer.isWhole).toBe(true)
    const [server] = (await collector.until(isServer)) as [SentSpan]
    expect(server.events).toEqual(['first byte', 'reattach', 'first byte'])
    expect(server).toMatchObject({ isError: false })
    expect(server.attributes).toMatchObject({
      'agentos.run_id': RUN,
      'agentos.session_id': SESSION,
    })
    const [broken, second] = (await collector.until(isClient, 2)) as [SentSpan, SentSpan]
    expect(broken).toMatchObject({ isError: true, parentSpanId: server.spanId })
    expect(second.attributes['url.full']).toBe(`${upstream.url}${RUNS}/${RUN}/resume`)
    expect(resumed.request.headers['traceparent']).toContain(second.spanId)
  })
})

describe('failures in spans', () => {
  test('a broken upstream response marks both spans as errors', async () => {
    const { upstream, collector, url } = await open()
    const answering = run(url)
    const exchange = await upstream.next()
    breakOff(exchange.events())
    await (await answering).whole()
    const [server] = (await collector.until(isServer)) as [SentSpan]
    expect(server.isError).toBe(true)
    expect(server.attributes['error.type']).toBe('AGW_RELAY_INTERRUPTED')
    const [client] = (await collector.until(isClient)) as [SentSpan]
    expect(client.isError).toBe(true)
  })

  test('upstream failures mark the span as error and caller mistakes do not', async () => {
    const { upstream, collector, url, gateway } = await open()
    const answering = run(url, 'message=1')
    ;(await upstream.next()).json({ detail: 'broken' }, 500)
    await answering
    await send(`${gateway.url}/agents/nobody`)
    const [failed, mistaken] = (await collector.until(isServer, 2)) as [SentSpan, SentSpan]
    expect(failed).toMatchObject({ isError: true, attributes: { 'error.type': '500' } })
    expect(mistaken).toMatchObject({
      isError: false,
      attributes: { 'error.type': 'AGW_COMPONENT_NOT_FOUND', 'http.response.status_code': 404 },
    })
    const [client] = (await collector.until(isClient)) as [SentSpan]
    expect(client).toMatchObject({ isError: true, attributes: { 'error.type': '500' } })
  })

  test('a disconnect of the caller does not mark spans as errors', async () => {
    const { upstream, collector, url } = await open()
    const answering = run(url)
    const exchange = await upstream.next()
    exchange.events().write(eventText({ event: 'RunStarted', run_id: 'r-1' }))
    const answer = await answering
    await answer.event()
    answer.abort()
    expect(await exchange.request.closed).toBe(false)
    const [server] = (await collector.until(isServer)) as [SentSpan]
    expect(server).toMatchObject({
      isError: false,
      attributes: { 'error.type': 'AGW_CLIENT_CLOSED', 'http.response.status_code': 200 },
    })
    const [client] = (await collector.until(isClient)) as [SentSpan]
    expect(client).toMatchObject({ isError: false, parentSpanId: server.spanId })
  })
})

test('a merged list has a client span for each upstream', async () => {
  const [a, b] = await Promise.all([startAgentOs(), startAgentOs({ agents: ['other'] })])
  const { gateway, collector } = await tracedGateway(
    { upstreams: [a, b].map(({ url }, i) => ({ name: `u${i}`, url })) },
    ['u0', 'u1'],
  )
  const answering = send(`${gateway.url}/schedules`, { headers: PARENT.headers })
  const asked = await Promise.all([a.next(), b.next()])
  for (const exchange of asked) exchange.json({ data: [], meta: PAGE })
  expect((await answering).status).toBe(200)
  const [server] = (await collector.until(isServer)) as [SentSpan]
  const clients = await collector.until(isClient, 2)
  expect(clients.map(({ name }) => name).toSorted()).toEqual(['GET u0', 'GET u1'])
  for (const { request } of asked) {
    const own = clients.find(({ spanId }) => request.headers['traceparent']?.includes(spanId))
    expect(own).toMatchObject({ parentSpanId: server.spanId, traceId: PARENT.traceId })
  }
})

test('a WebSocket has a span with a client span per upstream socket', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const { gateway, collector } = await tracedGateway(
    { upstreams: [{ name: 'a', url: upstream.url }] },
    ['a'],
  )
  const client = await connectedSocket(gateway.url, { headers: PARENT.headers })
  client.say({ action: 'start-workflow', workflow_id: 'flow' })
  const end = await upstream.next()
  await end.start('w-1')
  await client.nextEvent()
  client.socket.close()
  const [server] = (await collector.until(isServer)) as [SentSpan]
  const [attempt] = (await collector.until(isClient)) as [SentSpan]
  expect(server).toMatchObject({
    name: 'GET /workflows/ws',
    traceId: PARENT.traceId,
    isError: false,
    attributes: { 'http.response.status_code': 101, 'agentos.upstream': 'a' },
  })
  expect(attempt).toMatchObject({
    parentSpanId: server.spanId,
    isError: false,
    attributes: { 'http.response.status_code': 101, 'url.full': `${upstream.url}/workflows/ws` },
  })
  expect(end.request.headers['traceparent']).toBe(`00-${PARENT.traceId}-${attempt.spanId}-01`)
})
