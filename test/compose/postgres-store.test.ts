/** The store on PostgreSQL passes the tests of every store, and survives its database. */
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { LEASE_MS, PostgresStore } from '../../src/compose/postgres-store.ts'
import { startPostgres } from '../support/postgres.ts'
import { testStore } from '../support/store-conformance.ts'
import { storedRun } from '../support/stored-run.ts'

/** Closing twice fails, so the test remembers which store is closed. */
async function open(url: string): Promise<{ store: PostgresStore; close: () => Promise<void> }> {
  const store = await PostgresStore.open(url, () => undefined)
  let isClosed = false
  const close = async () => {
    if (!isClosed) await store.close()
    isClosed = true
  }
  onTestFinished(close)
  return { store, close }
}

testStore(async () => {
  const { url } = await startPostgres()
  const { store } = await open(url)
  return {
    store,
    again: async () => (await open(url)).store,
    // The lease of a process that hangs expires.
    end: async () => store.stopRenewing(),
  }
})

test('a cancel reaches the process that executes the run', async () => {
  const { url } = await startPostgres()
  const { store: owner } = await open(url)
  const { store: other } = await open(url)
  const cancelled: string[] = []
  owner.onCancelRequest((runId) => cancelled.push(runId))
  await owner.createRun(storedRun('r'))
  await other.requestCancel('r')
  await expect.poll(() => cancelled).toContain('r')
})

test('a store works again when its database is back', async () => {
  const postgres = await startPostgres()
  const { store } = await open(postgres.url)
  await store.createRun(storedRun('r'))
  await postgres.kill()
  await expect(store.run('r')).rejects.toThrow()
  await postgres.start()
  await expect.poll(async () => (await store.run('r').catch(() => undefined))?.runId).toBe('r')
})

test('a hundred events that are appended at once are stored in order', async () => {
  const { url } = await startPostgres()
  const { store } = await open(url)
  await store.createRun(storedRun('r'))
  const indices = [...Array(100).keys()]
  const append = (index: number) =>
    store.appendEvent('r', { index, event: { event: 'A', n: index }, position: undefined })
  await Promise.all(indices.map(append))
  expect((await store.events('r', -1)).map(({ n }) => n)).toEqual(indices)
})

test('the runs of a process are taken over once its lease has ended', async () => {
  const { url } = await startPostgres()
  const { store: owner } = await open(url)
  const { store: other } = await open(url)
  await owner.createRun(storedRun('r'))
  owner.stopRenewing()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  onTestFinished(() => client.end())
  const { rows } = await client.query<{ owner: string }>('SELECT owner FROM agentos_composer.runs')
  const remainingMs = async () => {
    const sql = `SELECT extract(epoch FROM lease_until - clock_timestamp()) * 1000 AS ms
      FROM agentos_composer.composers WHERE owner = $1`
    return Number((await client.query<{ ms: string }>(sql, [rows[0]?.owner])).rows[0]?.ms)
  }
  expect(await remainingMs()).toBeLessThanOrEqual(LEASE_MS)
  for (;;) {
    const leftMs = await remainingMs()
    const claimed = await other.claim([])
    if (claimed.length > 0) break
    expect(leftMs).toBeGreaterThan(0)
    await setTimeout(50)
  }
  expect(await remainingMs()).toBeLessThanOrEqual(0)
})
