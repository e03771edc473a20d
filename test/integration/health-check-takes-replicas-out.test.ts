import { expect, test } from 'vitest'
import { run } from '../support/client.ts'
import type { FakeHandler } from '../support/fake-upstream.ts'
import { answerJson, startFakeUpstream } from '../support/fake-upstream.ts'
import { startGateway } from '../support/gateway.ts'

/** Starts a replica whose health the test sets; it answers runs with its name. */
async function replica(name: string) {
  const state = { status: 200, runs: 0 }
  const answer: FakeHandler = ({ url }, response) => {
    if (url === '/health') return answerJson(response, {}, state.status)
    if (url.includes('/runs')) state.runs++
    answerJson(response, url.includes('/runs') ? { name } : [])
  }
  const { url, close, port } = await startFakeUpstream(answer)
  return Object.assign(state, { url, close, port, answer })
}

async function twoReplicas() {
  const [a, b] = [await replica('a'), await replica('b')]
  const health_check = { interval: '20ms', timeout: '1s', unhealthy_after: 2, healthy_after: 1 }
  const gateway = await startGateway({
    upstreams: [
      {
        name: 'u',
        urls: [a.url, b.url],
        policy: 'round_robin',
        discover: false,
        health_check,
        slow_start: 0,
      },
    ],
    agents: [{ upstream: 'u', agent_id: 'echo' }],
  })
  const runs = async (count: number) => {
    for (let n = 0; n < count; n++) {
      expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(200)
    }
  }
  const turns = async (url: string, isHealthy: boolean) =>
    gateway.log.until((line) => line['replica'] === url && line['isHealthy'] === isHealthy)
  return { a, b, gateway, runs, turns }
}

test('a replica gets no requests while its health check fails', async () => {
  const { a, b, runs, turns } = await twoReplicas()
  a.status = 500
  await turns(a.url, false)
  await runs(10)
  expect([a.runs, b.runs]).toEqual([0, 10])
  a.status = 200
  await turns(a.url, true)
  await runs(10)
  expect([a.runs, b.runs]).toEqual([5, 15])
})

test('a dead replica is found by health checks before any request fails', async () => {
  const { a, b, runs, turns } = await twoReplicas()
  await a.close()
  await turns(a.url, false)
  await runs(6)
  expect(b.runs).toBe(6)
  await startFakeUpstream(a.answer, { port: a.port })
  await turns(a.url, true)
  await runs(6)
  expect([a.runs, b.runs]).toEqual([3, 9])
})
