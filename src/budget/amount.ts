/** Defines an amount of tokens and cost, and reads it from the metrics of AgentOS. */

/** Tokens and cost of runs. */
export interface Amount {
  /** Input and output tokens together. */
  readonly tokens: number
  /** Millionths of the unit of `metrics.cost`: whole numbers add up without rounding. */
  readonly microCost: number
}

export const NO_AMOUNT: Amount = { tokens: 0, microCost: 0 }

/** Largest amount of one report. A larger one counts as this, so that sums stay exact in a double and in the store. */
const MAX_REPORTED = 1_000_000_000_000
const MICRO = 1_000_000

/** Metrics of a run, or the tokens of one request to a model. AgentOS leaves out members that are 0. */
export interface Metrics {
  readonly input_tokens?: unknown
  readonly output_tokens?: unknown
  readonly total_tokens?: unknown
  readonly cost?: unknown
}

/** Negative, fractional and missing counts are 0. */
export function amountOf({ input_tokens, output_tokens, total_tokens, cost }: Metrics): Amount {
  const sum = countOf(input_tokens) + countOf(output_tokens)
  return {
    tokens: Math.min(sum || countOf(total_tokens), MAX_REPORTED),
    microCost: microCostOf(cost),
  }
}

/** @param cost a number of the unit of `metrics.cost`; 0 for any other value */
export function microCostOf(cost: unknown): number {
  const isCost = typeof cost === 'number' && cost > 0
  return isCost ? Math.min(Math.round(cost * MICRO), MAX_REPORTED) : 0
}

/** The cost in the unit of `metrics.cost`. */
export function costOf({ microCost }: Amount): number {
  return microCost / MICRO
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

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0
    ? Math.min(value, MAX_REPORTED)
    : 0
}
