import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Counter } from '../../../src/store/counter.ts'
import type { SharedStore } from '../../../src/store/shared-store.ts'

/** Returns a store whose counts the test scripts. */
const storeSaying = (count: SharedStore['count']): SharedStore => ({
  get: async () => undefined,
  set: () => {},
  add: () => {},
  count,
  close: () => {},
})

function counterAt(shared?: SharedStore) {
  const clock = { nowMs: 1_000 }
  const counter = new Counter({ namespace: 'gw', shared, now: () => clock.nowMs })
  return { counter, clock }
}

describe('Counter', () => {
  test('each key is counted separately within its window', async () => {
    const { counter, clock } = counterAt()
    expect(await counter.count('a', 100)).toEqual({ count: 1, leftMs: 100 })
    clock.nowMs += 40
    expect(await counter.count('a', 100)).toEqual({ count: 2, leftMs: 60 })
    expect(await counter.count('b', 100)).toEqual({ count: 1, leftMs: 100 })
    clock.nowMs += 60
    expect(await counter.count('a', 100)).toEqual({ count: 1, leftMs: 100 })
  })

  test('setting the wall clock back does not extend a window', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const counter = new Counter({ namespace: 'gw' })
    await counter.count('a', 1_000)
    vi.setSystemTime(Date.now() - 48 * 3_600_000)
    expect(await counter.count('a', 1_000)).toEqual({ count: 2, leftMs: 1_000 })
    vi.advanceTimersByTime(1_000)
    expect(await counter.count('a', 1_000)).toMatchObject({ count: 1 })
  })

  test("the store's count takes precedence over the local one", async () => {
    const { counter } = counterAt(storeSaying(async () => ({ count: 9, leftMs: 5 })))
    expect(await counter.count('a', 100)).toEqual({ count: 9, leftMs: 5 })
  })

  test('the local count continues when the store does not answer', async () => {
    let answer: { count: number; leftMs: number } | undefined = { count: 9, leftMs: 5 }
    const { counter } = counterAt(storeSaying(async () => answer))
    await counter.count('a', 100)
    answer = undefined
    expect(await counter.count('a', 100)).toEqual({ count: 2, leftMs: 100 })
  })

  test("the store's keys reveal neither the caller nor the limit", async () => {
    const keys: string[] = []
    const store = storeSaying(async (key) => void keys.push(key) as undefined)
    await counterAt(store).counter.count('identity sub alice@example.com', 100)
    expect(keys).toEqual([expect.stringMatching(/^agentos-gateway:gw:count:[\w-]{43}$/)])
  })

  test('at most 50,000 windows are kept', async () => {
    const { counter } = counterAt()
    await counter.count('first', 100)
    for (let n = 0; n < 50_000; n++) await counter.count(`key ${n}`, 100)
    expect(await counter.count('first', 100)).toMatchObject({ count: 1 })
  })
})
