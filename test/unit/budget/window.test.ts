import { expect, test } from 'vitest'
import { lengthText, windowAt } from '../../../src/budget/window.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const at = (iso: string) => Date.parse(iso)

test.each([
  [{ ms: HOUR }, '2026-11-28T21:59:59.999Z', '2026-11-28T21:00:00Z', '2026-11-28T22:00:00Z'],
  [{ ms: DAY }, '2026-11-28T00:00:00Z', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z'],
  [{ ms: 7 * DAY }, '2026-11-29T23:59:59Z', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
  [{ ms: DAY }, '1969-12-31T12:00:00Z', '1969-12-31T00:00:00Z', '1970-01-01T00:00:00Z'],
  ['month' as const, '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
  ['month' as const, '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
])('the window %j contains %s', (length, now, start, end) => {
  expect(windowAt(length, at(now))).toEqual({ startMs: at(start), endMs: at(end) })
})

test('a month begins when the month before ends', () => {
  const { endMs } = windowAt('month', at('2026-01-31T00:00:00Z'))
  expect(windowAt('month', endMs).startMs).toBe(endMs)
})

test.each([
  [{ ms: 90 * 60_000 }, '90m'],
  [{ ms: 12 * HOUR }, '12h'],
  [{ ms: 48 * HOUR }, '2d'],
  ['month' as const, 'month'],
])('the length %j is written in its largest whole unit', (length, text) => {
  expect(lengthText(length)).toBe(text)
})
