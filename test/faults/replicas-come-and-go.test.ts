import { expect, test } from 'vitest'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { lasting, memoryOf, until } from './support/wait.ts'

const WORKERS = 8
const BALANCING = { policy: 'round_robin', slow_start: '0s' }

test('a replica that dies ten times fails only its requests in flight', async () => {
  const replicas = await startReplicas(['a', 'b'])
  const [a] = replicas.all
  const gateway = await startBuilt(documentOf(replicas, {}, BALANCING))
  const load = new Load([gateway.url], { workers: WORKERS }).begin()
  await until(() => load.requests > 100, 'load')
  const before = memoryOf(gateway.child.pid)
  let recoveryMs = 0
  for (let count = 0; count < 10; count++) {
    const killedAt = performance.now()
    await a?.kill()
    await lasting(400)
    const late = load.failures.filter(({ atMs }) => atMs > killedAt)
    recoveryMs = Math.max(recoveryMs, ...late.map(({ atMs }) => atMs - killedAt))
    await a?.start()
    await lasting(600)
  }
  await load.end()
  report({
    no: 7,
    fault: 'Flapping replica: killed and started ten times in a row',
    requests: load.requests,
    allowed: 10 * WORKERS,
    seen: load.failures.length,
    recoveryMs,
    memory: { before, after: memoryOf(gateway.child.pid) },
  })
  expect(Object.keys(load.wrong).filter((name) => name !== '502 AGW_UPSTREAM_RESET')).toEqual([])
  expect(load.failures.length).toBeLessThanOrEqual(10 * WORKERS)
  expect(replicas.journal.twice()).toEqual([])
})

test('requests fail at once while all replicas are down', async () => {
  const replicas = await startReplicas(['a', 'b', 'c'])
  const gateway = await startBuilt(documentOf(replicas, {}, BALANCING))
  const load = new Load([gateway.url], { workers: WORKERS }).begin()
  await until(() => load.requests > 100, 'load')
  const before = memoryOf(gateway.child.pid)
  const downAt = performance.now()
  await Promise.all(replicas.all.map((replica) => replica.kill()))
  const requestsThen = load.requests
  await lasting(5_000)
  const slowest = Math.max(...load.failures.map(({ tookMs }) => tookMs))
  await Promise.all(replicas.all.map((replica) => replica.start()))
  const backAt = performance.now()
  const meanwhile = load.requests - requestsThen
  await lasting(3_000)
  await load.end()
  const lastMs = Math.max(...load.failures.map(({ atMs }) => atMs))
  const recoveryMs = Math.max(0, lastMs - backAt)
  report({
    no: 8,
    fault: 'All three replicas down for 5 s, then back',
    requests: load.requests,
    allowed: meanwhile + WORKERS,
    seen: load.failures.length,
    recoveryMs,
    memory: { before, after: memoryOf(gateway.child.pid) },
    remark: `the slowest refusal took ${(slowest / 1000).toFixed(1)} s`,
  })
  expect(load.failures.every(({ atMs }) => atMs > downAt)).toBe(true)
  expect(meanwhile).toBeGreaterThan(100)
  expect(slowest).toBeLessThan(2_000)
  expect(recoveryMs).toBeLessThan(3_000)
  expect(replicas.journal.twice()).toEqual([])
})
