/** Crashes at each write of a composer with a SQLite file. */
import { join } from 'node:path'
import { vi } from 'vitest'
import { SqliteStore } from '../../../src/compose/sqlite-store.ts'
import { temporaryDirectory } from '../../support/certificates.ts'
import { testCrashes } from '../../support/crash-points.ts'

vi.setConfig({ testTimeout: 120_000 })

testCrashes(async () => {
  const file = join(temporaryDirectory(), 'c.db')
  return { first: new SqliteStore(file), next: async () => new SqliteStore(file) }
})
