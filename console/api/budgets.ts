/** The form of `/gateway/budgets`: budgets in force, and the usage of their subjects. */

/** Tokens and cost. */
export interface Amounts {
  readonly tokens: number
  readonly cost: number
}

/** Null for no limit of that kind. */
export type Limits = { readonly [Unit in keyof Amounts]: Amounts[Unit] | null }

/** Ends of a window in ISO 8601. */
export interface BudgetWindow {
  readonly start: string
  readonly end: string
}

/** Treatment of a new run when the limit is reached. */
export type OverLimit = 'reject' | 'warn'

export interface Budget {
  readonly name: string
  /** Such as `user` or `claim:tenant`. */
  readonly by: string
  readonly limit: Limits
  readonly over: OverLimit
  /** Components whose runs count; empty for all. */
  readonly components: readonly string[]
  /** Number of subjects with limits of their own. */
  readonly overrides: number
  /** Length such as `7d` or `month`. */
  readonly window: BudgetWindow & { readonly length: string }
}

/** Usage of a subject in the current window. */
export interface BudgetUsage {
  readonly budget: string
  readonly by: string
  /** Null for callers without one, and for a budget of all runs. */
  readonly subject: string | null
  readonly used: Amounts
  readonly limit: Limits
  /** Smallest share of a limit that is left, 0 to 1. */
  readonly left: number
  readonly is_over: boolean
  readonly over: OverLimit
  readonly window: BudgetWindow
}

export interface BudgetsView {
  readonly budgets: readonly Budget[]
  /** The fullest first. */
  readonly data: readonly BudgetUsage[]
  readonly meta: { readonly total_count: number }
}
