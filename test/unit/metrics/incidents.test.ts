import { expect, test } from 'vitest'
import { Incidents } from '../../../src/metrics/incidents.ts'
import { Snapshot } from '../../../src/metrics/snapshot.ts'
import type { Replica } from '../../../src/upstream/replica.ts'
import type { Upstream } from '../../../src/upstream/upstream.ts'

const COMPOSER = { name: 'composer', config: { socketPath: '/run/composer.sock' } } as Upstream
const REMOTE = { name: 'research', config: {} } as Upstream
const REPLICA = { url: 'http://replica', isHealthy: false, lastError: 'ENOENT' } as Replica

/** Kinds of the incidents that an upstream has while it fails, then answers, then fails again. */
function kindsOf(upstream: Upstream): string[] {
  const incidents = new Incidents()
  const { events } = incidents
  events.onState?.(upstream, 'failing', 'ENOENT')
  events.onReplica?.(upstream, REPLICA, 'ENOENT')
  events.onCircuit?.(upstream, REPLICA, 1_000)
  events.onState?.(upstream, 'ready', undefined)
  events.onState?.(upstream, 'failing', 'ECONNREFUSED')
  return incidents.recent.map(({ kind }) => kind).toReversed()
}

test('a composer that starts has no incidents until it has been ready', () => {
  expect(kindsOf(COMPOSER)).toEqual(['failing'])
})

test('the ejections of a composer that starts are not counted', () => {
  const incidents = new Incidents()
  for (const upstream of [COMPOSER, REMOTE]) {
    incidents.events.onReplica?.(upstream, REPLICA, 'ENOENT')
    incidents.events.onCircuit?.(upstream, REPLICA, 1_000)
  }
  const snapshot = new Snapshot()
  incidents.addTo(snapshot, false)
  const ejections = snapshot.metrics.find(({ name }) => name.includes('ejections'))
  const upstreams = ejections?.values.map(({ labels }) => labels['upstream'])
  expect(upstreams).toEqual(['research', 'research'])
})

test('an upstream that fails at the start has incidents', () => {
  expect(kindsOf(REMOTE)).toEqual(['failing', 'unhealthy', 'ejected', 'ready', 'failing'])
})

test('the first answer of an upstream is no incident', () => {
  const incidents = new Incidents()
  incidents.events.onState?.(REMOTE, 'ready', undefined)
  expect(incidents.recent).toEqual([])
})
