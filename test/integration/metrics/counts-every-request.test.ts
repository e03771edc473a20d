import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { eventText } from '../../support/fake-upstream.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { configOf, gatewayOf, gatewayWithUpstream, startGateway } from '../../support/gateway.ts'
import { scrape } from '../../support/scrape.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const METRICS = { input_tokens: 10, output_tokens: 4 }
const ECHO = { upstream: 'a', component: 'agents/echo' }

/** A request is counted when its connection has finished with it, at the same time as its access log line. */
async function logged(gateway: RunningGateway, count: number) {
  await gateway.log.until(
    () => gateway.log.lines.filter(({ msg }) => msg === 'request').length >= count,
  )
}

test('a JSON run is counted with bytes, duration and tokens', async () => {
  const { upstream, gateway } = await gatewayWithUpstream()
  const sent = run(`${gateway.url}/agents/echo/runs`)
  const exchange = await upstream.next()
  exchange.json({ run_id: 'r', status: 'COMPLETED', metrics: METRICS })
  const body = await (await sent).whole()
  await logged(gateway, 1)
  const value = await scrape(gateway)
  const route = { ...ECHO, method: 'POST', route: '/agents/{id}/runs' }
  expect(value('requests_total', { ...route, status: '2xx' })).toBe(1)
  expect(value('request_duration_seconds_count', route)).toBe(1)
  expect(value('response_bytes_total', route)).toBe(body.length)
  expect(value('tokens_total', { ...ECHO, direction: 'input' })).toBe(10)
  expect(value('tokens_total', { ...ECHO, direction: 'output' })).toBe(4)
  expect(value('streams_total')).toBe(0)
})

test('a stream is counted while open and at its end', async () => {
  const { upstream, gateway } = await gatewayWithUpstream()
  const sent = run(`${gateway.url}/agents/echo/runs`)
  const response = (await upstream.next()).events()
  response.write(eventText({ event: 'RunStarted' }))
  const answer = await sent
  await answer.event()
  const during = await scrape(gateway)
  expect([during('open_streams'), during('open_requests')]).toEqual([1, 1])
  expect(during('replica_in_flight', { upstream: 'a' })).toBe(1)
  response.write(`: note\n\n${eventText({ event: 'RunContent' })}`)
  response.end(eventText({ event: 'RunCompleted', metrics: METRICS }))
  await answer.whole()
  await logged(gateway, 2)
  const value = await scrape(gateway)
  expect([value('open_streams'), value('replica_in_flight')]).toEqual([0, 0])
  expect(value('streams_total', ECHO)).toBe(1)
  expect(value('stream_events_total', ECHO)).toBe(3)
  expect(value('first_event_seconds_count', ECHO)).toBe(1)
  expect(value('tokens_total', { ...ECHO, direction: 'output' })).toBe(4)
})

test('unknown ids, methods and paths never become label values', async () => {
  const { gateway } = await gatewayWithUpstream()
  for (let i = 0; i < 20; i++) await send(`${gateway.url}/agents/nobody-${i}`)
  await send(`${gateway.url}/no/such/path`, { method: 'PROPFIND' })
  await logged(gateway, 21)
  const value = await scrape(gateway)
  const labels = { route: '/agents/{id}', component: 'other', status: '4xx' }
  expect(value('requests_total', labels)).toBe(20)
  expect(value('errors_total', { code: 'AGW_COMPONENT_NOT_FOUND' })).toBe(20)
  expect(value.text).not.toContain('nobody')
  expect(value.text).not.toContain('PROPFIND')
  expect(value.text).not.toContain('/no/such')
})

test('failures are counted by error code, even without a parsed request', async () => {
  const gateway = await startGateway({
    upstreams: [{ name: 'a', url: 'http://127.0.0.1:1', discover: false }],
    agents: [{ upstream: 'a', agent_id: 'echo' }],
  })
  await (await run(`${gateway.url}/agents/echo/runs`)).whole()
  await send(`${gateway.url}/agents/%zz`)
  await send(`${gateway.url}/`, { headers: { 'x-large': 'x'.repeat(20_000) } })
  await logged(gateway, 3)
  const value = await scrape(gateway)
  expect(value('errors_total', { code: 'AGW_UPSTREAM_UNREACHABLE', upstream: 'a' })).toBe(1)
  expect(value('errors_total', { code: 'AGW_INVALID_PATH' })).toBe(1)
  expect(value('errors_total', { code: 'AGW_HEADERS_TOO_LARGE' })).toBe(1)
  expect(value('replica_failures_total', { upstream: 'a' })).toBeGreaterThan(0)
})

test('retries and ejections of replicas are counted', async () => {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response, message) => {
    message.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  const dead = 'http://127.0.0.1:1'
  const gateway = await startGateway({
    upstreams: [
      {
        name: 'a',
        urls: [dead, upstream.url],
        policy: 'round_robin',
        health_check: false,
        discover: false,
      },
    ],
    agents: [{ upstream: 'a', agent_id: 'echo' }],
  })
  for (let i = 0; i < 12; i++) {
    expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(200)
  }
  const value = await scrape(gateway)
  const replica = { upstream: 'a', replica: dead }
  expect(value('replica_ejections_total', { ...replica, cause: 'failures' })).toBe(1)
  expect(value('replica_state', { ...replica, state: 'ejected' })).toBe(1)
  expect(value('replica_state', { ...replica, state: 'available' })).toBe(0)
  const retries = value('upstream_retries_total', { upstream: 'a', at: 'next' })
  expect(retries).toBe(value('replica_failures_total', replica))
  expect(value('replica_requests_total', { upstream: 'a', replica: upstream.url })).toBeGreaterThan(
    11,
  )
})

test('cache, catalogue and configuration expose their state as metrics', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'], teams: ['duo'] })
  let document: object = { upstreams: [{ name: 'a', url: upstream.url }] }
  const gateway = await startGateway(document, { ready: ['a'], load: () => configOf(document) })
  await send(`${gateway.url}/agents/echo`)
  await send(`${gateway.url}/agents/echo`)
  const before = await scrape(gateway)
  expect(before('cache_requests_total', { result: 'hit' })).toBeGreaterThan(0)
  expect(before('cache_requests_total', { result: 'miss' })).toBeGreaterThan(0)
  expect(before('cache_entries')).toBeGreaterThan(0)
  expect(before('cache_bytes')).toBeGreaterThan(before('cache_entries'))
  expect(before('catalogue_components', { upstream: 'a', kind: 'agents' })).toBe(2)
  expect(before('catalogue_age_seconds', { upstream: 'a' })).toBeLessThan(60)
  expect(before('upstream_state', { upstream: 'a', state: 'ready' })).toBe(1)
  expect(before('config_version')).toBe(1)
  document = { ...document, heartbeat: '1s' }
  await send(`${gateway.url}/gateway/reload`, { method: 'POST' })
  document = { upstreams: [] }
  await send(`${gateway.url}/gateway/reload`, { method: 'POST' })
  const value = await scrape(gateway)
  expect(value('config_version')).toBe(2)
  expect(value('config_reloads_total', { result: 'ok' })).toBe(1)
  expect(value('config_reloads_total', { result: 'refused' })).toBe(1)
  expect(value('config_last_reload_successful')).toBe(0)
  expect(value('build_info')).toBe(1)
  expect(value('workers')).toBe(1)
})

test('a WebSocket is counted when it closes', async () => {
  const { gateway } = await gatewayWithUpstream()
  const client = await connectedSocket(gateway.url)
  await client.ask({ action: 'ping' })
  client.socket.close()
  await logged(gateway, 1)
  const value = await scrape(gateway)
  expect(value('requests_total', { route: '/workflows/ws', status: '1xx' })).toBe(1)
  expect(value('websocket_frames_total', { direction: 'in' })).toBe(1)
  expect(value('websocket_frames_total', { direction: 'out' })).toBeGreaterThan(0)
})

test('metrics require the same scope as the status', async () => {
  const upstream = await startAgentOs()
  const auth = { ...JWT_AUTH, authorization: true }
  const gateway = await gatewayOf({ a: upstream.url }, { auth })
  const statusFor = async (headers: Record<string, string>) =>
    (await send(`${gateway.url}/gateway/metrics`, { headers })).status
  expect(await statusFor({})).toBe(401)
  expect(await statusFor(bearer(tokenFor({ scopes: ['agents:read', 'metrics:read'] })))).toBe(403)
  expect(await statusFor(bearer(tokenFor({ scopes: ['agent_os:admin'] })))).toBe(200)
})
