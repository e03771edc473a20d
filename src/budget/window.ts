/** Finds the window of a budget that contains a time. */
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
