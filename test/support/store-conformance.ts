/** The tests that every store of compositions passes. */
import { expect, test } from 'vitest'
import type { ComposeStore } from '../../src/compose/store.ts'
import { RunTaken } from '../../src/compose/store.ts'
import { storedRun as run, storedSession as session } from './stored-run.ts'

const all = { sortBy: 'created_at', isDescending: true, limit: 10, offset: 0 } as const
const event = (index: number, name: string, source?: string, at = 0) => ({
  index,
  event: { event: name },
  position: source === undefined ? undefined : { source, index: at },
})

/**
 * @param open opens an empty database, closed with the test; `again` opens the same one as another process, which finds
 *   the runs of the first one once that is closed
 */
export function testStore(
  open: () => Promise<{
    readonly store: ComposeStore
    readonly again: () => Promise<ComposeStore>
    /** Makes it look as if the first process had ended. */
    readonly end: (store: ComposeStore) => Promise<void>
  }>,
): void {
  test('sessions are listed by the fields of a query, sorted and counted', async () => {
    const { store } = await open()
    await store.saveSession(session('s', { createdAt: 1 }))
    await store.saveSession(session('t', { createdAt: 2, name: 'Moon', userId: 'v' }))
    await store.createRun(run('r'))
    const ids = async (query: object) => {
      const { sessions } = await store.sessions({ ...all, ...query })
      return sessions.map(({ sessionId }) => sessionId)
    }
    expect(await ids({})).toEqual(['t', 's'])
    expect(await ids({ isDescending: false })).toEqual(['s', 't'])
    expect(await ids({ userId: 'v' })).toEqual(['t'])
    expect(await ids({ name: 'hell' })).toEqual(['s'])
    expect(await ids({ kind: 'teams' })).toEqual([])
    expect((await store.sessions({ ...all, limit: 1 })).total).toBe(2)
    expect(await store.session('s')).toEqual(session('s'))
    expect(await store.session('x')).toBeUndefined()
  })

  test('a run keeps its output and events, and loses its journal when it ends', async () => {
    const { store } = await open()
    const request = { hadToken: true }
    expect(await store.createRun(run('r', { request }))).toBe(true)
    expect(await store.createRun(run('r'))).toBe(false)
    const journal = await store.journal('r')
    await journal.put('block:0', { output: 1 })
    await store.appendEvent('r', event(0, 'A'))
    await store.appendEvent('r', event(1, 'B'))
    expect((await store.journal('r')).get('block:0')).toEqual({ output: 1 })
    const output = { content: 'x' }
    await store.saveRun(run('r', { status: 'COMPLETED', output }))
    expect(await store.run('r')).toEqual(run('r', { status: 'COMPLETED', output, request }))
    expect(await store.events('r', 0)).toEqual([{ event: 'B' }])
    expect((await store.journal('r')).get('block:0')).toBeUndefined()
    await store.dropEvents('r')
    expect(await store.events('r', -1)).toEqual([])
  })

  test('the positions of a run are the last ones of each source', async () => {
    const { store } = await open()
    await store.createRun(run('r'))
    await store.appendEvent('r', event(0, 'A', 'start'))
    await store.appendEvent('r', event(1, 'B', 'member:0', 4))
    await store.appendEvent('r', event(2, 'C', 'member:0', 7))
    await store.appendEvent('r', event(3, 'D'))
    const sent = new Map([
      ['start', 0],
      ['member:0', 7],
    ])
    expect(await store.positions('r')).toEqual({ count: 4, sent })
  })

  test('a run has one owner, and only the owner can write it', async () => {
    const { store, again, end } = await open()
    await store.createRun(run('r'))
    await store.createRun(run('done', { sessionId: 't' }))
    await store.saveRun(run('done', { status: 'COMPLETED', output: {} }))
    const journal = await store.journal('r')
    await journal.put('a', { b: 1 })
    expect(await store.claim(['r'])).toEqual([])
    const other = await again()
    await end(store)
    await expect.poll(async () => (await other.claim([])).map(({ runId }) => runId)).toEqual(['r'])
    expect((await other.journal('r')).get('a')).toEqual({ b: 1 })
    await expect(store.appendEvent('r', event(0, 'A'))).rejects.toThrow(RunTaken)
    await expect(journal.put('c', {})).rejects.toThrow(RunTaken)
    await expect(store.saveRun(run('r', { status: 'ERROR' }))).rejects.toThrow(RunTaken)
    await other.appendEvent('r', event(0, 'A'))
    expect(await other.claim(['r'])).toEqual([])
    expect((await other.claim([])).map(({ takeovers }) => takeovers)).toEqual([2])
  })

  test('a cancel requested while no process executes a run reaches the next one', async () => {
    const { store, again, end } = await open()
    await store.createRun(run('r'))
    await end(store)
    const other = await again()
    await other.requestCancel('r')
    const claimed = async () => (await other.claim([])).map(({ isCancelled }) => isCancelled)
    await expect.poll(claimed).toEqual([true])
  })

  test('a paused run keeps its journal, and one request alone continues it', async () => {
    const { store, again } = await open()
    await store.createRun(run('r'))
    await (await store.journal('r')).put('a', { b: 1 })
    await store.saveRun(run('r', { status: 'PAUSED', output: { content: 'waits' } }))
    const other = await again()
    expect(await other.claim([])).toEqual([])
    const with_ = (round: number) => ({ request: { claims: { round } }, entry: { round } })
    const claims = await Promise.all([
      other.claimPaused('r', with_(1)),
      store.claimPaused('r', with_(2)),
    ])
    expect(claims.filter(Boolean)).toHaveLength(1)
    const round = claims.indexOf(true) + 1
    const stored = await other.run('r')
    expect([stored?.status, stored?.output]).toEqual(['RUNNING', undefined])
    expect(stored?.request).toEqual({ claims: { round } })
    const journal = await other.journal('r')
    expect([journal.get('a'), journal.get('continued')]).toEqual([{ b: 1 }, { round }])
  })

  test('a deleted or old session goes with everything in it', async () => {
    const { store } = await open()
    await store.saveSession(session('s', { updatedAt: 10 }))
    await store.createRun(run('r'))
    await store.appendEvent('r', event(0, 'A'))
    expect(await store.prune(11)).toBe(0)
    await store.saveRun(run('r', { status: 'COMPLETED', output: {} }))
    expect(await store.prune(10)).toBe(0)
    expect(await store.prune(11)).toBe(1)
    expect([await store.session('s'), await store.run('r'), await store.events('r', -1)]).toEqual([
      undefined,
      undefined,
      [],
    ])
  })
}
