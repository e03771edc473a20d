/** Tests that every report of a dead only replica appears at once, and disappears at once after its return. */
import { expect, onTestFinished, test } from 'vitest'
import { HealthCheck } from '../../src/upstream/health-check.ts'
import { Replica } from '../../src/upstream/replica.ts'
import { run } from '../support/client.ts'
import type { FakeHandler } from '../support/fake-upstream.ts'
import { answerJson, startFakeUpstream } from '../support/fake-upstream.ts'
import { configOf, startGateway } from '../support/gateway.ts'

const AGENTS = [{ id: 'echo', name: 'Echo' }]

const answer: FakeHandler = ({ url }, response) =>
  answerJson(response, url === '/agents' ? AGENTS : url === '/config' ? {} : [])

interface Status {
  readonly upstreams: readonly {
    readonly state: string
    readonly reason?: string
    readonly replicas: readonly { readonly state: string; readonly last_error?: string }[]
  }[]
}

async function onlyReplica(keys: object = {}) {
  const upstream = await startFakeUpstream(answer)
  const gateway = await startGateway(
    { upstreams: [{ name: 'u', url: upstream.url, ...keys }] },
    { ready: ['u'] },
  )
  const state = async () => {
    const status = (await (await fetch(`${gateway.url}/gateway/status`)).json()) as Status
    const ready = (await (await fetch(`${gateway.url}/gateway/ready`)).json()) as object
    const metrics = await (await fetch(`${gateway.url}/gateway/metrics`)).text()
    const list = await fetch(`${gateway.url}/agents`)
    return {
      upstream: status.upstreams[0]?.state,
      ready,
      replica: status.upstreams[0]?.replicas[0]?.state,
      isFailingInMetrics: /upstream_state\{upstream="u",state="failing"\} 1/.test(metrics),
      stale: list.headers.get('x-agentos-stale'),
      agents: await list.json(),
    }
  }
  /** Resolves once the upstream is ready again after a failure. */
  const isBack = () => {
    const from = gateway.log.lines.findIndex((line) => line['state'] === 'failing')
    return gateway.log.until(
      (line) => line['state'] === 'ready' && gateway.log.lines.indexOf(line) > from,
    )
  }
  return { upstream, gateway, state, isBack }
}

const ALIVE = {
  upstream: 'ready',
  ready: { status: 'ready', upstreams: { ready: 1 } },
  replica: 'available',
  isFailingInMetrics: false,
  stale: null,
  agents: AGENTS,
}
const DEAD = {
  upstream: 'failing',
  ready: { status: 'ready', upstreams: { failing: 1 } },
  replica: 'unhealthy',
  isFailingInMetrics: true,
  stale: 'u',
  agents: AGENTS,
}

test.each([
  ['with the default health check', {}],
  ['without a health check', { health_check: false }],
])('one refused request reports the death of an only replica %s', async (_, keys) => {
  const { upstream, gateway, state, isBack } = await onlyReplica(keys)
  expect(await state()).toEqual(ALIVE)
  await upstream.close()
  // The first request may still use the kept connection.
  await run(`${gateway.url}/agents/echo/runs`)
  expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(502)
  expect(await state()).toEqual(DEAD)
  await startFakeUpstream(answer, { port: upstream.port })
  const runs = await run(`${gateway.url}/agents/echo/runs`)
  expect(runs.status).toBe(200)
  await isBack()
  expect(await state()).toEqual(ALIVE)
})

test('death and return of an only replica are noticed without requests', async () => {
  const keys = { health_check: { interval: '20ms' } }
  const { upstream, gateway, state, isBack } = await onlyReplica(keys)
  await upstream.close()
  await gateway.upstreamIs('u', 'failing')
  expect(await state()).toEqual(DEAD)
  await startFakeUpstream(answer, { port: upstream.port })
  await isBack()
  expect(await state()).toEqual(ALIVE)
})

test('an only replica that answers 404 to health checks is healthy', async () => {
  const asked = Promise.withResolvers<void>()
  let checks = 0
  const { url } = await startFakeUpstream((_, response) => {
    answerJson(response, { detail: 'Not Found' }, 404)
    if (++checks === 3) asked.resolve()
  })
  const { upstreams } = configOf({ upstreams: [{ name: 'u', url }] })
  const [{ balancing } = { balancing: undefined }] = upstreams
  if (balancing?.healthCheck === undefined) return expect.unreachable()
  const replica = new Replica(url, { balancing, connectTimeoutMs: 1_000, isOnly: true })
  const check = new HealthCheck(replica, { ...balancing.healthCheck, intervalMs: 5 })
  onTestFinished(async () => {
    check.stop()
    await replica.destroy()
  })
  check.start()
  await asked.promise
  expect(replica.isHealthy).toBe(true)
  expect(replica.lastError).toBeUndefined()
})
