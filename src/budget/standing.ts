/** Compares what a subject has used with its limit. */
import type { BudgetConfig, BudgetLimit } from '../../config/types.ts'
import { costOf } from '../usage/spent.ts'
import type { Entry } from './ledger.ts'

/** A subject's use of a budget in a window. */
export interface Standing extends Entry {
  readonly limit: BudgetLimit
  /** Smallest share of a limit that is left, 0 to 1, and the unit of that limit. */
  readonly share: number
  readonly unit: 'tokens' | 'cost'
  readonly isOver: boolean
}

export function standingOf(entry: Entry): Standing {
  const { budget, subject, used } = entry
  const limit = limitOf(budget, subject)
  const ofTokens = shareLeft(used.tokens, limit.tokens)
  const ofCost = shareLeft(costOf(used), limit.cost)
  const isCost = limit.tokens === undefined || ofCost < ofTokens
  const share = isCost ? ofCost : ofTokens
  return { ...entry, limit, share, unit: isCost ? 'cost' : 'tokens', isOver: share === 0 }
}

/**
 * Value of `x-agentos-budget-remaining`, such as `1200; budget=user-day; unit=tokens; reset=3600`. Names of budgets have
 * only characters that a header may have.
 *
 * @param nowMs milliseconds since 1970
 */
export function remainingText(standing: Standing, nowMs: number): string {
  const { budget, used, limit, unit, endMs } = standing
  const tokens = (limit.tokens ?? 0) - used.tokens
  const cost = Number(((limit.cost ?? 0) - costOf(used)).toFixed(6))
  const left = Math.max(0, unit === 'tokens' ? tokens : cost)
  return `${left}; budget=${budget.name}; unit=${unit}; reset=${secondsTo(endMs, nowMs)}`
}

/** Whole seconds, at least 1. */
export function secondsTo(endMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((endMs - nowMs) / 1_000))
}

/** The budget's limit, with the limits that an override names. */
function limitOf({ limit, overrides }: BudgetConfig, subject: string | undefined): BudgetLimit {
  const own =
    subject !== undefined && Object.hasOwn(overrides, subject) ? overrides[subject] : undefined
  return { tokens: own?.tokens ?? limit.tokens, cost: own?.cost ?? limit.cost }
}

/** 0 when the limit is reached; 1 without a limit. */
function shareLeft(used: number, limit: number | undefined): number {
  if (limit === undefined) return 1
  return used >= limit ? 0 : (limit - used) / limit
}
