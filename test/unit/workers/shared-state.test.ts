import { expect, test } from 'vitest'
import { RestartBackoff } from '../../../src/workers/restart-backoff.ts'
import { SharedState } from '../../../src/workers/shared-state.ts'

test('the slots of a worker that exits are freed', () => {
  const state = new SharedState(10)
  const [one, two] = [{}, {}]
  expect(state.acquire(one, [['a', 2]])).toBe(true)
  expect(state.acquire(one, [['a', 2]])).toBe(true)
  expect(state.acquire(two, [['a', 2]])).toBe(false)
  state.release(two, ['a'])
  expect(state.acquire(two, [['a', 2]])).toBe(false)
  state.removeWorker(one)
  state.release(one, ['a'])
  expect(state.acquire(two, [['a', 2]])).toBe(true)
})

test('a new window starts a new count of requests', () => {
  const state = new SharedState(10)
  expect(state.count('k', 1_000, 0)).toEqual({ count: 1, leftMs: 1_000 })
  expect(state.count('k', 1_000, 400)).toEqual({ count: 2, leftMs: 600 })
  expect(state.count('k', 1_000, 1_000)).toEqual({ count: 1, leftMs: 1_000 })
})

test('a worker that keeps exiting is restarted with back-off', () => {
  const pace = new RestartBackoff()
  const pauses = Array.from({ length: 12 }, () => pace.pauseAfter(10))
  expect(pauses.slice(0, 5)).toEqual([0, 250, 500, 1_000, 2_000])
  expect(pauses.at(-1)).toBe(30_000)
  expect(pace.pauseAfter(60_000)).toBe(0)
})
