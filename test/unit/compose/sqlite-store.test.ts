import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { SqliteStore } from '../../../src/compose/sqlite-store.ts'
import { testStore } from '../../support/store-conformance.ts'
import { storedSession } from '../../support/stored-run.ts'

function databaseFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'composer-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'c.db')
}

function open(file: string): SqliteStore {
  const store = new SqliteStore(file)
  onTestFinished(() => store.close())
  return store
}

testStore(async () => {
  const file = databaseFile()
  // The process stays: the next one to open the file has its runs all the same.
  return { store: open(file), again: async () => open(file), end: async () => undefined }
})

test('a database of the first release is migrated with its sessions and runs', async () => {
  const file = databaseFile()
  const { MIGRATIONS } = await import('../../../src/compose/sqlite-schema.ts')
  const old = new DatabaseSync(file)
  old.exec(`${MIGRATIONS[0]} PRAGMA user_version = 1`)
  old.exec(`INSERT INTO sessions VALUES ('s', 'workflows', 'w', 'u', NULL, '{"a":1}', 1, 1);
    INSERT INTO runs VALUES ('r', 's', 'workflows', 'w', NULL, 'RUNNING', '"x"', 1, NULL, 1, 1)`)
  old.close()
  const store = open(file)
  expect(await store.session('s')).toEqual(storedSession('s'))
  expect((await store.claim([])).map(({ runId, request }) => [runId, request])).toEqual([['r', {}]])
})

test('a database of a newer release is refused', () => {
  const file = databaseFile()
  const newer = new DatabaseSync(file)
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  expect(() => new SqliteStore(file)).toThrow('newer release')
})
