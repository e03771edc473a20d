import { expect, test } from 'vitest'
import { Caller } from './support/caller.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas, untilUsed } from './support/replicas.ts'
import { report } from './support/report.ts'
import { memoryOf, until } from './support/wait.ts'

const STREAMS = 20
const BALANCING = {
  policy: 'round_robin',
  slow_start: '0s',
  health_check: { interval: '500ms', timeout: '5s', unhealthy_after: 1 },
}

const RESET = { events: [], end: '502 AGW_UPSTREAM_RESET' }
/** The incomplete event is dropped, and a RunError event ends the stream. */
const TYPED = { events: expect.arrayContaining(['RunStarted', 'RunError']), end: 'broken' }

test.for([
  { no: 1, when: 'before its response heads', query: '&delay=30000', ending: RESET },
  { no: 2, when: 'inside an event', query: '&halt=2', ending: TYPED },
  { no: 3, when: 'between two events', query: '&events=300&every=100', ending: TYPED },
])('an upstream killed $when fails only its requests in flight, once each', async (fault) => {
  const replicas = await startReplicas(['a', 'b'])
  const [a] = replicas.all
  const gateway = await startBuilt(documentOf(replicas, {}, BALANCING))
  const load = new Load([gateway.url], { workers: 8 }).begin()
  await until(() => load.requests > 100, 'load')
  const before = memoryOf(gateway.child.pid)
  const caller = new Caller({ urls: [gateway.url], agent: load.agent })
  const ids = Array.from({ length: STREAMS }, (_, n) => `s${n}`)
  const streams = new Map(ids.map((id) => [id, caller.hear(id, fault.query)]))
  const started = () => replicas.journal.all('start').filter(({ id }) => streams.has(id))
  await until(() => started().length === STREAMS, 'all streams')
  if (fault.ending === TYPED) await until(() => caller.begun === STREAMS, 'first events')
  if (fault.no === 2) await until(() => replicas.journal.all('halt').length === STREAMS, 'halt')

  const killedAt = performance.now()
  await a?.kill()
  const lost = started().filter(({ replica }) => replica === 'a')
  expect(lost.length).toBeGreaterThan(0)
  for (const { id } of lost) expect(await streams.get(id)).toEqual(fault.ending)
  const requestsThen = load.requests
  await until(() => load.requests > requestsThen + 200, 'load')
  const recoveryMs = Math.max(0, ...load.failures.map(({ atMs }) => atMs - killedAt))

  await a?.start()
  await untilUsed(replicas.journal, 'a')
  await load.end()
  const allowed = lost.length + 8
  const seen = lost.length + load.failures.length
  report({
    no: fault.no,
    fault: `Upstream killed ${fault.when}`,
    requests: load.requests + STREAMS,
    allowed,
    seen,
    recoveryMs,
    memory: { before, after: memoryOf(gateway.child.pid) },
    remark: `${lost.length} streams on it`,
  })
  expect(replicas.journal.twice()).toEqual([])
  // Only requests of the load that were in flight at the killed replica may fail.
  expect(load.failures.length, JSON.stringify(load.wrong)).toBeLessThanOrEqual(8)
  expect(Object.keys(load.wrong).filter((name) => name !== '502 AGW_UPSTREAM_RESET')).toEqual([])
})
