import { expect, test } from 'vitest'
import {
  durationTicks,
  linear,
  linePath,
  nearestSlot,
  timeTicks,
  valueTicks,
} from '../../../console/state/chart-scale.ts'

test.each([
  [0, [0, 0.5, 1]],
  [1, [0, 0.5, 1]],
  [0.013, [0, 0.005, 0.01, 0.015]],
  [7, [0, 2, 4, 6, 8]],
  [100, [0, 50, 100]],
  [9_400, [0, 5_000, 10_000]],
])('the value axis up to %f has round ticks', (most, expected) => {
  expect(valueTicks(most)).toEqual(expected)
})

test('the axis of whole numbers has no fractions', () => {
  expect([0, 1, 2, 3].map((most) => valueTicks(most, 1))).toEqual([
    [0, 1],
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3],
  ])
})

test.each([
  [0, [0, 0.5, 1]],
  [3.4, [0, 1, 2, 3, 4]],
  [50, [0, 20, 40, 60]],
  [203, [0, 60, 120, 180, 240]],
  [1_000, [0, 300, 600, 900, 1_200]],
  [9_000, [0, 3_600, 7_200, 10_800]],
  [400_000, [0, 100_000, 200_000, 300_000, 400_000]],
])('an axis of durations up to %f s has clock ticks', (most, expected) => {
  expect(durationTicks(most)).toEqual(expected)
})

test('the value axis reaches the largest value in few steps', () => {
  for (let most = 1e-6; most < 1e12; most *= 1.37) {
    const ticks = valueTicks(most)
    expect(ticks.length).toBeGreaterThan(2)
    expect(ticks.length).toBeLessThanOrEqual(5)
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * (1 - 1e-6))
    expect(new Set(ticks).size).toBe(ticks.length)
  }
})

test('the time axis has ticks at round times within the range', () => {
  const ticks = timeTicks(1_800_000_007, 1_800_000_907, 6)
  expect(ticks.map((at) => at % 300)).toEqual([0, 0, 0])
  expect(ticks[0]).toBeGreaterThanOrEqual(1_800_000_007)
})

test('the ticks of a day are round hours of the clock of the reader', () => {
  const ticks = timeTicks(1_800_000_000, 1_800_086_400, 8)
  expect(ticks).toHaveLength(8)
  for (const at of ticks) expect(new Date(at * 1_000).getHours() % 3).toBe(0)
})

test('a range of one slot has a tick at most', () => {
  expect(timeTicks(1_800_000_000, 1_800_000_000, 5).length).toBeLessThanOrEqual(1)
  expect(linear(7, 7, 0, 100)(7)).toBe(0)
})

test('a line joins the neighbours of slots without a value', () => {
  const same = (value: number) => value
  expect(linePath([0, 1, 2], [5, null, 7], same, same)).toBe('M0.0,5.0L2.0,7.0')
  expect(linePath([0, 1], [null, 4], same, same)).toBe('M1.0,4.0h0.1')
  expect(linePath([0, 1], [null, null], same, same)).toBe('')
})

test('the nearest slot is found between and beyond the slots', () => {
  const at = [10, 20, 30]
  expect([0, 14, 16, 25, 99].map((time) => nearestSlot(at, time))).toEqual([0, 0, 1, 2, 2])
  expect(nearestSlot([], 5)).toBe(-1)
})
