import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { Caller } from './support/caller.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { descriptorsOf, lasting, memoryOf, until } from './support/wait.ts'

const DESCRIPTORS = 150
const BALANCING = {
  policy: 'round_robin',
  health_check: { interval: '200ms', timeout: '5s', unhealthy_after: 1 },
}

test('a gateway without free file descriptors survives and recovers', async () => {
  const replicas = await startReplicas(['a', 'b'])
  const limit = ['bash', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, '-']
  const gateway = await startBuilt(documentOf(replicas, {}, BALANCING), { wrapper: limit })
  const { pid } = gateway.child
  const load = new Load([gateway.url], { workers: 4, pauseMs: 20 }).begin()
  await until(() => load.requests > 50, 'load')
  const before = memoryOf(pid)
  const callers: Socket[] = []
  const port = Number(new URL(gateway.url).port)
  const [crowdAt, requestsBefore] = [performance.now(), load.requests]
  for (let count = 0; count < 2 * DESCRIPTORS; count++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    callers.push(socket)
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  }
  await until(() => descriptorsOf(pid) >= DESCRIPTORS - 5, 'no descriptor is left')
  // Streams on existing connections need new connections to the upstream.
  const caller = new Caller({ urls: [gateway.url], agent: load.agent })
  const wanted = Array.from({ length: 20 }, (_, n) => caller.hear(`s${n}`, '&events=5&every=100'))
  await lasting(3_000)
  const ends = await Promise.all(wanted)
  const refused = ends.filter(({ end }) => end !== 'whole').length
  for (const socket of callers) socket.destroy()
  const freedAt = performance.now()
  const requestsThen = load.requests
  await until(() => load.requests > requestsThen + 50 && load.lastGoodMs > freedAt, 'load')
  const lastMs = Math.max(0, ...load.failures.map(({ atMs }) => atMs))
  const recoveryMs = Math.max(0, lastMs - freedAt)
  await load.end()
  const status = (await (await fetch(`${gateway.url}/gateway/status`)).json()) as {
    upstreams: { replicas: { state: string }[] }[]
  }
  const meanwhile = requestsThen - requestsBefore + wanted.length
  report({
    no: 15,
    fault: `No file descriptors left (\`ulimit -n ${DESCRIPTORS}\`, ${2 * DESCRIPTORS} idle connections)`,
    requests: load.requests + wanted.length,
    allowed: meanwhile,
    seen: load.failures.length + refused,
    recoveryMs,
    memory: { before, after: memoryOf(pid) },
  })
  expect(load.failures.every(({ atMs }) => atMs > crowdAt)).toBe(true)
  expect(recoveryMs).toBeLessThan(5_000)
  expect(status.upstreams[0]?.replicas.map(({ state }) => state)).toEqual([
    'available',
    'available',
  ])
  expect(replicas.journal.twice()).toEqual([])
})
