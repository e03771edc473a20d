import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SqliteStore } from '../../../src/compose/sqlite-store.ts'
import type { StoredRun, StoredSession } from '../../../src/compose/store.ts'

function open(file = ':memory:'): SqliteStore {
  const store = new SqliteStore(file)
  onTestFinished(() => store.close())
  return store
}

const session = (sessionId: string, more: Partial<StoredSession> = {}): StoredSession => ({
  sessionId,
  kind: 'workflows',
  componentId: 'w',
  userId: 'u',
  name: undefined,
  state: { a: 1 },
  createdAt: 1,
  updatedAt: 1,
  ...more,
})

const run = (runId: string, more: Partial<StoredRun> = {}): StoredRun => ({
  runId,
  sessionId: 's',
  kind: 'workflows',
  componentId: 'w',
  userId: undefined,
  status: 'RUNNING',
  input: 'Hello',
  isBackground: true,
  output: undefined,
  createdAt: 1,
  updatedAt: 1,
  ...more,
})

const all = { sortBy: 'created_at', isDescending: true, limit: 10, offset: 0 } as const

test('sessions are listed by what a query names, sorted and counted', () => {
  const store = open()
  store.saveSession(session('s', { createdAt: 1 }))
  store.saveSession(session('t', { createdAt: 2, name: 'Moon', userId: 'v' }))
  store.saveRun(run('r'))
  const ids = (query: object) =>
    store.sessions({ ...all, ...query }).sessions.map((s) => s.sessionId)
  expect(ids({})).toEqual(['t', 's'])
  expect(ids({ isDescending: false })).toEqual(['s', 't'])
  expect(ids({ userId: 'v' })).toEqual(['t'])
  expect(ids({ name: 'hell' })).toEqual(['s'])
  expect(ids({ kind: 'teams' })).toEqual([])
  expect(store.sessions({ ...all, limit: 1 }).total).toBe(2)
  expect(store.session('s')).toEqual(session('s'))
})

test('a run keeps its output and events, and loses its journal when it ends', () => {
  const store = open()
  store.saveRun(run('r'))
  store.journal('r').put('block:0', { output: 1 })
  store.appendEvent('r', 0, { event: 'A' })
  store.appendEvent('r', 1, { event: 'B' })
  expect(store.unfinished().map(({ runId }) => runId)).toEqual(['r'])
  expect(store.journal('r').get('block:0')).toEqual({ output: 1 })
  store.saveRun(run('r', { status: 'COMPLETED', output: { content: 'x' } }))
  expect(store.unfinished()).toEqual([])
  expect(store.run('r')).toMatchObject({ status: 'COMPLETED', output: { content: 'x' } })
  expect(store.events('r', 0)).toEqual([{ event: 'B' }])
  expect(store.journal('r').get('block:0')).toBeUndefined()
})

test('a deleted or old session goes with everything of it', () => {
  const store = open()
  store.saveSession(session('s', { updatedAt: 10 }))
  store.saveRun(run('r'))
  store.appendEvent('r', 0, { event: 'A' })
  expect(store.prune(10)).toBe(0)
  expect(store.prune(11)).toBe(1)
  expect([store.session('s'), store.run('r'), store.events('r', -1)]).toEqual([
    undefined,
    undefined,
    [],
  ])
})

test('a file outlives the process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'composer-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'c.db')
  const first = new SqliteStore(file)
  first.saveSession(session('s'))
  first.close()
  expect(open(file).session('s')).toEqual(session('s'))
})
