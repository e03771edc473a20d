import { expect, test } from 'vitest'
import { Caller } from './support/caller.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas, untilUsed } from './support/replicas.ts'
import { report } from './support/report.ts'
import { lasting, memoryOf, until } from './support/wait.ts'

const WORKERS = 8

test('a half-open connection fails only waiting requests, after the timeout', async () => {
  const replicas = await startReplicas(['a', 'b'])
  const [a] = replicas.all
  const balancing = {
    policy: 'round_robin',
    slow_start: '0s',
    health_check: { interval: '500ms', timeout: '1500ms', unhealthy_after: 1 },
    timeout: '2s',
    connect_timeout: '1s',
  }
  const gateway = await startBuilt(documentOf(replicas, {}, balancing))
  const load = new Load([gateway.url], { workers: WORKERS }).begin()
  await until(() => load.requests > 100, 'load')
  const before = memoryOf(gateway.child.pid)

  const frozenAt = performance.now()
  a?.freeze()
  // The failed health check stops new requests; those already sent time out.
  await lasting(6_000)
  const recoveryMs = Math.max(0, ...load.failures.map(({ atMs }) => atMs - frozenAt))
  const seen = load.failures.length
  expect(Object.keys(load.wrong).filter((name) => name !== '504 AGW_UPSTREAM_TIMEOUT')).toEqual([])
  expect(seen).toBeLessThanOrEqual(2 * WORKERS)
  expect(recoveryMs).toBeLessThan(6_000)
  a?.thaw()
  await untilUsed(replicas.journal, 'a')
  await load.end()
  report({
    no: 4,
    fault: 'Half-open connection: the upstream is frozen for 6 s (SIGSTOP)',
    requests: load.requests,
    allowed: 2 * WORKERS,
    seen,
    recoveryMs,
    memory: { before, after: memoryOf(gateway.child.pid) },
    remark: '`timeout` 2 s',
  })
  expect(load.failures.length).toBe(seen)
  expect(replicas.journal.twice()).toEqual([])
})

test('a stall of 30 s fails no request below the limits', async () => {
  const replicas = await startReplicas(['a'])
  const [a] = replicas.all
  const gateway = await startBuilt(documentOf(replicas, { heartbeat: '2s' }))
  const load = new Load([gateway.url], { workers: WORKERS }).begin()
  await until(() => load.requests > 100, 'load')
  const before = memoryOf(gateway.child.pid)
  const caller = new Caller({ urls: [gateway.url], agent: load.agent })
  const streams = Array.from({ length: 20 }, (_, n) => caller.hear(`s${n}`, '&events=50&every=100'))
  await until(() => caller.begun === 20, 'streams')

  a?.freeze()
  await lasting(30_000)
  const thawedAt = performance.now()
  a?.thaw()
  const recoveryMs = await until(() => load.lastGoodMs > thawedAt, 'an answer')
  for (const stream of streams) expect((await stream).end).toBe('whole')
  await load.end()
  report({
    no: 5,
    fault: 'Upstream stalls for 30 s',
    requests: load.requests + streams.length,
    allowed: 0,
    seen: load.failures.length,
    recoveryMs,
    memory: { before, after: memoryOf(gateway.child.pid) },
  })
  expect(load.failures).toEqual([])
  expect(replicas.journal.twice()).toEqual([])
})
