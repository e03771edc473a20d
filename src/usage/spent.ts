/** Defines what runs have spent, and reads it from the metrics of AgentOS. */

/** Tokens and cost of runs. */
export interface Spent {
  readonly input: number
  readonly output: number
  /** Millionths of the unit of `metrics.cost`: whole numbers add up without rounding. */
  readonly microCost: number
}

/** Input and output tokens of runs. */
export type Tokens = Pick<Spent, 'input' | 'output'>

export const NOTHING_SPENT: Spent = { input: 0, output: 0, microCost: 0 }

/** Largest count of one report. A larger one counts as this, so that sums stay exact in a double and in the store. */
const MAX_REPORTED = 1_000_000_000_000
const MICRO = 1_000_000

/** Metrics of a run, or the tokens of one request to a model. AgentOS leaves out members that are 0. */
export interface Metrics {
  readonly input_tokens?: unknown
  readonly output_tokens?: unknown
  readonly total_tokens?: unknown
  readonly cost?: unknown
}

/** Negative, fractional and missing counts are 0. Of tokens that are reported only as a total, all are input. */
export function spentIn({ input_tokens, output_tokens, total_tokens, cost }: Metrics): Spent {
  const output = countOf(output_tokens)
  const input = countOf(input_tokens)
  return {
    input: input + output === 0 ? countOf(total_tokens) : Math.min(input, MAX_REPORTED - output),
    output,
    microCost: microCostOf(cost),
  }
}

/** @param cost a number of the unit of `metrics.cost`; 0 for any other value */
function microCostOf(cost: unknown): number {
  const isCost = typeof cost === 'number' && cost > 0
  return isCost ? Math.min(Math.round(cost * MICRO), MAX_REPORTED) : 0
}

/** The cost in the unit of `metrics.cost`. */
export function costOf({ microCost }: Pick<Spent, 'microCost'>): number {
  return microCost / MICRO
}

export function sumOf(a: Spent, b: Spent): Spent {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    microCost: a.microCost + b.microCost,
  }
}

/** The tokens of the one that has more, and the larger cost. */
export function largerOf(a: Spent, b: Spent): Spent {
  const { input, output } = tokenCount(a) < tokenCount(b) ? b : a
  return { input, output, microCost: Math.max(a.microCost, b.microCost) }
}

/** Input and output tokens together. */
export function tokenCount({ input, output }: Tokens): number {
  return input + output
}

export function isNothing({ input, output, microCost }: Spent): boolean {
  return input === 0 && output === 0 && microCost === 0
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0
    ? Math.min(value, MAX_REPORTED)
    : 0
}
