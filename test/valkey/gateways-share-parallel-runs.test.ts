import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { Leases } from '../../src/store/leases.ts'
import { ValkeyStore } from '../../src/store/valkey-store.ts'
import { startAgentOs } from '../support/agentos.ts'
import { run } from '../support/client.ts'
import { beginEvents, eventText } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'
import { startProcess } from '../support/process.ts'
import { startValkey } from '../support/valkey.ts'

const RUNS = '/agents/echo/runs'
const isThere = ({ msg }: { msg?: unknown }) => msg === 'shared store available'
const isGone = ({ msg }: { msg?: unknown }) => String(msg).startsWith('shared store unavailable')

/** Starts an upstream whose runs start at once and last until the test ends them. */
async function startLongRuns() {
  const underWay: ServerResponse[] = []
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
    beginEvents(response)
    response.write(eventText({ event: 'RunStarted' }))
    underWay.push(response)
  })
  return { url: upstream.url, endFirst: () => underWay.shift()?.end() }
}

async function twoGateways(component: number) {
  const store = await startValkey()
  const upstream = await startLongRuns()
  const document = { store: store.url, max_parallel_runs: { component } }
  const gateways = await Promise.all([1, 2].map(() => gatewayOf({ a: upstream.url }, document)))
  await Promise.all(gateways.map(({ log }) => log.until(isThere)))
  const begin = async (which: number) => (await run(`${gateways[which]?.url}${RUNS}`)).status
  return { store, upstream, gateways, begin }
}

test('gateways share the limit of parallel runs', async () => {
  const { begin, upstream } = await twoGateways(2)
  expect([await begin(0), await begin(1)]).toEqual([200, 200])
  expect([await begin(0), await begin(1)]).toEqual([429, 429])
  upstream.endFirst()
  // The slot is freed once the response has closed.
  await expect.poll(() => begin(1), { interval: 50 }).toBe(200)
  expect(await begin(0)).toBe(429)
})

test('each gateway counts runs alone while the store is down', async () => {
  const { begin, store, gateways } = await twoGateways(1)
  expect(await begin(0)).toBe(200)
  await store.kill()
  await Promise.all(gateways.map(({ log }) => log.until(isGone)))
  expect(await begin(1)).toBe(200)
  expect([await begin(0), await begin(1)]).toEqual([429, 429])
})

test('a store that restarts empty receives the leases of active runs', async () => {
  const store = await startValkey()
  const clients = [1, 2].map(() => new ValkeyStore(store.url))
  onTestFinished(() => {
    for (const client of clients) client.close()
  })
  const [one, two] = clients.map(
    (client) => new Leases(client, { namespace: 'gw', leaseMs: 3_000 }),
  ) as [Leases, Leases]
  const isFull = async () => {
    const lease = await two.acquire([['a', 1]])
    if (lease.isGranted !== false) lease.release()
    return lease.isGranted === false
  }
  await expect.poll(async () => (await one.acquire([['warm', 1_000]])).isGranted).toBe(true)
  await one.acquire([['a', 1]])
  await expect.poll(isFull).toBe(true)
  await store.kill()
  await store.start()
  await expect.poll(isFull, { interval: 50 }).toBe(true)
})

test('the runs of a killed gateway stop counting', { timeout: 90_000 }, async () => {
  const store = await startValkey()
  const upstream = await startLongRuns()
  const document = {
    upstreams: [{ name: 'a', url: upstream.url }],
    store: store.url,
    max_parallel_runs: { component: 1 },
  }
  const killed = await startProcess(document)
  const other = await gatewayOf({ a: upstream.url }, document)
  await Promise.all([killed.until(isThere), other.log.until(isThere)])
  const begin = async (url: string) => (await run(`${url}${RUNS}`)).status
  expect([await begin(killed.url), await begin(other.url)]).toEqual([200, 429])
  killed.child.kill('SIGKILL')
  await killed.exited
  expect(await begin(other.url)).toBe(429)
  await expect.poll(() => begin(other.url), { interval: 500, timeout: 60_000 }).toBe(200)
})
