/** Crashes at each write of a composer on PostgreSQL. */
import pg from 'pg'
import { afterAll, beforeAll, vi } from 'vitest'
import { PostgresStore } from '../../src/compose/postgres-store.ts'
import { testCrashes } from '../support/crash-points.ts'
import type { RunningPostgres } from '../support/postgres.ts'
import { launchPostgres } from '../support/postgres.ts'

vi.setConfig({ testTimeout: 300_000 })

let server: RunningPostgres
let databases = 0
beforeAll(async () => {
  server = await launchPostgres()
})
afterAll(() => server.remove())

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

testCrashes(async () => {
  const name = `crash_${databases++}`
  await execute(server.url, `CREATE DATABASE ${name} STRATEGY file_copy`)
  const url = server.url.replace(/postgres$/, name)
  const open = () => PostgresStore.open(url, () => undefined)
  const first = await open()
  const next = async () => {
    // As after the time of the lease.
    first.stopRenewing()
    await execute(url, 'UPDATE agentos_composer.composers SET lease_until = now()')
    return open()
  }
  return { first, next }
})
