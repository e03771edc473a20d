import { expect, test } from 'vitest'
import { EndedSessions } from '../../../../src/face/mcp/ended-sessions.ts'
import type { SharedStore } from '../../../../src/store/shared-store.ts'

/** A store in memory. */
function storeOf(): SharedStore {
  const kept = new Map<string, string>()
  return {
    get: async (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    count: async () => undefined,
    add: () => undefined,
    close: () => undefined,
  }
}

test('A session ends for every gateway that shares the store', async () => {
  const scope = { shared: storeOf(), namespace: 'gw' }
  new EndedSessions().end(scope, 'one')
  const other = new EndedSessions()
  expect(await other.has(scope, 'one')).toBe(true)
  // Known from now on without the store.
  expect(await other.has({ ...scope, shared: undefined }, 'one')).toBe(true)
  expect(await other.has(scope, 'two')).toBe(false)
  expect(await other.has({ ...scope, namespace: 'another' }, 'one')).toBe(false)
})

test('Without a store a session ends for its own process alone', async () => {
  const scope = { shared: undefined, namespace: 'gw' }
  const sessions = new EndedSessions()
  sessions.end(scope, 'one')
  expect(await sessions.has(scope, 'one')).toBe(true)
  expect(await new EndedSessions().has(scope, 'one')).toBe(false)
})

test('The number of remembered sessions is limited', async () => {
  const scope = { shared: undefined, namespace: 'gw' }
  const sessions = new EndedSessions()
  for (let id = 0; id <= 10_000; id++) sessions.end(scope, `${id}`)
  expect(await sessions.has(scope, '0')).toBe(false)
  expect(await sessions.has(scope, '10000')).toBe(true)
})
