import { expect, test } from 'vitest'
import { exposition } from '../../../src/metrics/exposition.ts'
import { Incidents } from '../../../src/metrics/incidents.ts'
import { Snapshot } from '../../../src/metrics/snapshot.ts'
import { Traffic } from '../../../src/metrics/traffic.ts'
import type { Replica } from '../../../src/upstream/replica.ts'
import type { Upstream } from '../../../src/upstream/upstream.ts'
import { parseExposition, sampleOf } from '../../support/exposition.ts'

const labels = {
  method: 'GET',
  route: '/agents/{id}',
  upstream: 'a',
  component: 'agents/echo',
  face: '',
}

async function read(...counted: { addTo(snapshot: Snapshot, hasStore: boolean): void }[]) {
  const snapshot = new Snapshot()
  for (const one of counted) one.addTo(snapshot, true)
  return parseExposition(await exposition([snapshot.metrics]))
}

test('series beyond the limit are counted under the label `other`', async () => {
  const traffic = new Traffic(10)
  for (let i = 0; i < 500; i++) {
    traffic.request({ ...labels, component: `agents/${i}` }, 200, 0.01, 1)
    traffic.stream('a', `agents/${i}`, { firstEventSeconds: 0.1, events: 2, reattached: 0 })
    const run = { upstream: 'a', component: `agents/${i}`, caller: undefined }
    traffic.tokens(run, { input: 1, output: 1 })
    traffic.error('AGW_NO_REPLICA', `upstream-${i}`)
  }
  const found = await read(traffic)
  for (const [name, total] of [
    ['agentos_gateway_requests_total', 500],
    ['agentos_gateway_streams_total', 500],
    ['agentos_gateway_stream_events_total', 1000],
    ['agentos_gateway_errors_total', 500],
  ] as const) {
    expect(found.get(name)?.samples.length).toBe(11)
    expect(sampleOf(found, name)).toBe(total)
  }
  expect(sampleOf(found, 'agentos_gateway_requests_total', { component: 'other', face: '' })).toBe(
    490,
  )
  expect(sampleOf(found, 'agentos_gateway_series_overflow_total')).toBe(490)
  expect(sampleOf(found, 'agentos_gateway_tokens_total', { direction: 'input' })).toBe(500)
})

test('a duration counts in every bucket up to and including its bound', async () => {
  const traffic = new Traffic()
  for (const seconds of [0, 0.005, 0.0051, 299, 301]) traffic.request(labels, 200, seconds, 0)
  const found = await read(traffic)
  const bucket = (le: string) =>
    sampleOf(found, 'agentos_gateway_request_duration_seconds_bucket', { le })
  expect([bucket('0.005'), bucket('0.01'), bucket('300'), bucket('+Inf')]).toEqual([2, 3, 4, 5])
})

test('requests are counted by status class', async () => {
  const traffic = new Traffic()
  for (const status of [101, 200, 204, 404, 499, 503]) traffic.request(labels, status, 1, 0)
  const found = await read(traffic)
  const of = (status: string) => sampleOf(found, 'agentos_gateway_requests_total', { status })
  expect(['1xx', '2xx', '3xx', '4xx', '5xx'].map(of)).toEqual([1, 2, 0, 2, 1])
})

test('refusals are counted by the limit that caused them', async () => {
  const traffic = new Traffic()
  traffic.error('AGW_RATE_LIMITED', '')
  traffic.error('AGW_TOO_MANY_RUNS', '')
  traffic.error('AGW_TOO_MANY_RUNS', 'a')
  traffic.error('AGW_TOO_MANY_CONNECTIONS', '')
  traffic.error('AGW_TOO_MANY_SOCKETS', '')
  const found = await read(traffic)
  const of = (limit: string) =>
    sampleOf(found, 'agentos_gateway_rate_limited_requests_total', { limit })
  const limits = [
    'rate_limit',
    'max_parallel_runs',
    'max_connections_per_address',
    'max_web_sockets',
  ]
  expect(limits.map(of)).toEqual([1, 2, 1, 1])
})

test('incidents of upstreams and replicas are counted with bounded label values', async () => {
  const incidents = new Incidents()
  const { onCircuit, onReplica, onRetry, onStore } = incidents.events
  const upstream = { name: 'a' } as Upstream
  for (let i = 0; i < 2_000; i++) {
    const replica = { url: `http://r${i}`, isHealthy: false } as Replica
    onCircuit?.(upstream, replica, 1_000)
    onCircuit?.(upstream, replica, 0)
    onReplica?.(upstream, replica, 'status 503')
    onReplica?.(upstream, { ...replica, isHealthy: true } as Replica, undefined)
    onRetry?.(upstream, 'next')
  }
  let found = await read(incidents)
  expect(found.get('agentos_gateway_replica_ejections_total')?.samples.length).toBe(1_000)
  expect(sampleOf(found, 'agentos_gateway_upstream_retries_total', { at: 'next' })).toBe(2_000)
  expect(sampleOf(found, 'agentos_gateway_store_up')).toBe(0)
  onStore?.(true, undefined)
  found = await read(incidents)
  expect(sampleOf(found, 'agentos_gateway_store_up')).toBe(1)
})

test('any label value is escaped so that it can be read back', async () => {
  const traffic = new Traffic()
  const component = 'agents/"quoted" \\ back\nslash'
  traffic.request({ ...labels, component }, 200, 1, 0)
  expect(sampleOf(await read(traffic), 'agentos_gateway_requests_total', { component })).toBe(1)
})

test("values of several processes are merged by each metric's own rule", async () => {
  const processes = [1, 2].map((factor) => {
    const traffic = new Traffic()
    for (let i = 0; i < factor; i++) traffic.request(labels, 200, 1, 10)
    const snapshot = new Snapshot()
    traffic.addTo(snapshot)
    snapshot.add('configVersion', factor)
    snapshot.add('catalogueAge', factor, { upstream: 'a' })
    snapshot.add('inFlight', factor, { upstream: 'a', replica: 'r' })
    snapshot.add('buildInfo', 1, { version: '1', node: '24' })
    return snapshot.metrics
  })
  const found = parseExposition(await exposition(processes))
  const of = (name: string) => sampleOf(found, `agentos_gateway_${name}`)
  expect(of('requests_total')).toBe(3)
  expect(of('request_duration_seconds_count')).toBe(3)
  expect(of('config_version')).toBe(1)
  expect(of('catalogue_age_seconds')).toBe(2)
  expect(of('replica_in_flight')).toBe(3)
  expect(of('build_info')).toBe(1)
})
