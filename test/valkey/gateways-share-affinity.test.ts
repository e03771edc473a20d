import { expect, test } from 'vitest'
import { run, send } from '../support/client.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { gatewayOverReplicas, startRunReplicas } from '../support/run-replicas.ts'
import { startValkey } from '../support/valkey.ts'

const isThere = (gateway: RunningGateway) =>
  gateway.log.until((line) => line['msg'] === 'shared store available')
const isGone = (gateway: RunningGateway) =>
  gateway.log.until((line) => String(line['msg']).startsWith('shared store unavailable'))

async function twoGateways() {
  const store = await startValkey()
  const replicas = await startRunReplicas(['a', 'b', 'c'])
  const document = { store: store.url }
  const first = await gatewayOverReplicas(replicas, document)
  const second = await gatewayOverReplicas(replicas, document)
  await Promise.all([isThere(first), isThere(second)])
  const path = '/agents/echo/runs'
  const start = async () =>
    ((await (await run(first.url + path)).json()) as { run_id: string }).run_id
  const asked = () => replicas.reduce((sum, replica) => sum + replica.asked().length, 0)
  return { store, replicas, first, second, start, asked, runs: second.url + path }
}

test('a run started through one gateway is found directly through another', async () => {
  const { start, asked, runs } = await twoGateways()
  for (let count = 0; count < 6; count++) {
    const id = await start()
    const before = asked()
    expect((await send(`${runs}/${id}`)).status).toBe(200)
    expect(asked() - before).toBe(1)
  }
})

test('every run is found while the store is down, with one warning', async () => {
  const { store, first, second, start, runs } = await twoGateways()
  const before = await start()
  await store.kill()
  await Promise.all([isGone(first), isGone(second)])
  for (const id of [before, await start(), await start()]) {
    expect((await send(`${runs}/${id}`)).status).toBe(200)
  }
  await store.start()
  await second.log.until(
    (line) =>
      line['msg'] === 'shared store available' &&
      line !== second.log.lines.find((one) => one['msg'] === 'shared store available'),
  )
  const warnings = second.log.lines.filter(({ msg }) =>
    String(msg).includes('shared store unavailable'),
  )
  expect(warnings.length).toBe(1)
})

test('a store that stops answering delays requests only briefly', async () => {
  const { store, start, runs } = await twoGateways()
  const id = await start()
  store.freeze()
  const startedAt = performance.now()
  for (let count = 0; count < 100; count++) expect((await send(`${runs}/${id}`)).status).toBe(200)
  // One request waits 100 ms and the others do not wait; if all waited, this would take 10 s.
  expect(performance.now() - startedAt).toBeLessThan(100 * 100)
  store.thaw()
})

test('a silent store is not used for 5 s and then reconnected', async () => {
  const { store, first, start } = await twoGateways()
  store.freeze()
  for (let count = 0; count < 20; count++) await start()
  const { reason } = await isGone(first)
  expect(reason).toBe('ETIMEDOUT')
  store.thaw()
  const times = () => first.log.lines.filter(({ msg }) => msg === 'shared store available').length
  // The gateway reconnects with the next run after the five seconds.
  await expect.poll(async () => (await start()) && times(), { timeout: 20_000 }).toBe(2)
  expect(
    first.log.lines.filter(({ msg }) => String(msg).includes('shared store unavailable')).length,
  ).toBe(1)
})

test("the password in the store's URL is never logged", async () => {
  const store = await startValkey()
  const gateway = await gatewayOverReplicas(await startRunReplicas(['a', 'b']), {
    store: store.url.replace('//', '//user:pass-word@'),
  })
  await isGone(gateway)
  expect(gateway.log.text).not.toContain('pass-word')
  expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(202)
})
