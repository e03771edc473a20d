/** Defines an amount that budgets count: the tokens and the cost of runs. */
import type { Spent } from '../usage/spent.ts'
import { tokenCount } from '../usage/spent.ts'

/** Tokens and cost of runs. */
export interface Amount extends Pick<Spent, 'microCost'> {
  /** Input and output tokens together. */
  readonly tokens: number
}

export const NO_AMOUNT: Amount = { tokens: 0, microCost: 0 }

export function amountOf(spent: Spent): Amount {
  return { tokens: tokenCount(spent), microCost: spent.microCost }
}

export function plus(a: Amount, b: Amount): Amount {
  return { tokens: a.tokens + b.tokens, microCost: a.microCost + b.microCost }
}

/** The larger tokens and the larger cost. */
export function larger(a: Amount, b: Amount): Amount {
  return {
    tokens: Math.max(a.tokens, b.tokens),
    microCost: Math.max(a.microCost, b.microCost),
  }
}

/** How much more `a` is, at least 0. */
export function excess(a: Amount, b: Amount): Amount {
  return {
    tokens: Math.max(0, a.tokens - b.tokens),
    microCost: Math.max(0, a.microCost - b.microCost),
  }
}

export function isNone({ tokens, microCost }: Amount): boolean {
  return tokens === 0 && microCost === 0
}
