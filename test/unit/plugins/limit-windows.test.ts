import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LimitWindows } from '../../../plugins/limit-windows.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function counted(windows: LimitWindows, key: string): { current: number; ttl: number } {
  let found = { current: 0, ttl: 0 }
  windows.incr(
    key,
    (_error, result) => {
      if (result) found = result
    },
    1_000,
  )
  return found
}

test('counts each key in its own window, and begins anew when that is over', () => {
  const windows = new LimitWindows()
  expect(counted(windows, 'a')).toEqual({ current: 1, ttl: 1_000 })
  vi.advanceTimersByTime(400)
  expect(counted(windows, 'a')).toEqual({ current: 2, ttl: 600 })
  expect(counted(windows, 'b').current).toBe(1)
  vi.advanceTimersByTime(600)
  expect(counted(windows, 'a')).toEqual({ current: 1, ttl: 1_000 })
  expect(counted(windows.child(), 'a').current).toBe(1)
})

test('a wall clock that is set back locks nobody out', () => {
  const windows = new LimitWindows()
  counted(windows, 'a')
  vi.setSystemTime(Date.now() - 48 * 3_600_000)
  expect(counted(windows, 'a').ttl).toBe(1_000)
  vi.advanceTimersByTime(1_000)
  expect(counted(windows, 'a').current).toBe(1)
})
