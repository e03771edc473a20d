/** Finds the window of a budget that contains a time, and writes its length. */
import type { BudgetWindow } from '../../config/types.ts'

/** A window in milliseconds since 1970; the end does not belong to it. */
export interface Window {
  readonly startMs: number
  readonly endMs: number
}

/** Monday 1970-01-05, so that windows of seven days begin on Mondays. */
const ANCHOR_MS = 4 * 86_400_000

/** @param nowMs milliseconds since 1970 */
export function windowAt(length: BudgetWindow, nowMs: number): Window {
  if (length === 'month') {
    const now = new Date(nowMs)
    const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()]
    return { startMs: Date.UTC(year, month, 1), endMs: Date.UTC(year, month + 1, 1) }
  }
  const { ms } = length
  const startMs = Math.floor((nowMs - ANCHOR_MS) / ms) * ms + ANCHOR_MS
  return { startMs, endMs: startMs + ms }
}

const MINUTE_MS = 60_000
const UNITS = [
  ['d', 1_440 * MINUTE_MS],
  ['h', 60 * MINUTE_MS],
] as const

/** The length as the configuration writes it, in the largest unit that divides it: `month`, `7d`, `12h` or `90m`. */
export function lengthText(length: BudgetWindow): string {
  if (length === 'month') return length
  const [unit, ms] = UNITS.find(([, each]) => length.ms % each === 0) ?? ['m', MINUTE_MS]
  return `${length.ms / ms}${unit}`
}
