import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Ticker } from '../../../src/upstream/ticker.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Ticker', () => {
  test('the period follows the smallest interval within bounds', () => {
    expect(Ticker.forIntervals([0, 400, 60_000]).periodMs).toBe(100)
    expect(Ticker.forIntervals([1]).periodMs).toBe(10)
    expect(Ticker.forIntervals([60_000]).periodMs).toBe(250)
    expect(Ticker.forIntervals([]).periodMs).toBe(250)
  })

  test('a limit in ticks is never shorter than the time', () => {
    const ticker = new Ticker(100)
    expect([ticker.ticks(0), ticker.ticks(1), ticker.ticks(100), ticker.ticks(101)]).toEqual([
      0, 2, 2, 3,
    ])
  })

  test('members are called on every tick and the timer stops without members', () => {
    const ticker = new Ticker(100)
    const onTick = vi.fn()
    const watched = { onTick }
    ticker.add(watched)
    expect(ticker.size).toBe(1)
    vi.advanceTimersByTime(250)
    expect(onTick.mock.calls).toEqual([[1], [2]])
    ticker.delete(watched)
    vi.advanceTimersByTime(1_000)
    expect(onTick).toHaveBeenCalledTimes(2)
    expect(vi.getTimerCount()).toBe(0)
    ticker.add(watched)
    vi.advanceTimersByTime(100)
    expect(onTick).toHaveBeenCalledTimes(3)
  })

  test('a member that throws is removed and the others are still called', () => {
    const reported: unknown[] = []
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((report) => {
      expect(report).toThrow('broken')
      reported.push(report)
    })
    const ticker = new Ticker(100)
    const onTick = vi.fn()
    const broken = vi.fn(() => {
      throw new Error('broken')
    })
    ticker.add({ onTick: broken })
    ticker.add({ onTick })
    vi.advanceTimersByTime(300)
    expect(onTick).toHaveBeenCalledTimes(3)
    expect(broken).toHaveBeenCalledTimes(1)
    expect(reported).toHaveLength(1)
    expect(ticker.size).toBe(1)
    vi.restoreAllMocks()
  })
})
