/** Types of the section `budgets`: limits of tokens and cost in windows of time. */
import type { ComponentPattern } from './face-types.ts'

/** A limit of the tokens or the cost of many runs together. */
export interface BudgetConfig {
  /** Unique; used in errors, headers, logs and metrics. */
  readonly name: string
  readonly by: BudgetKey
  readonly limit: BudgetLimit
  readonly window: BudgetWindow
  /** Runs that count; empty for all. */
  readonly components: readonly ComponentPattern[]
  /** Treatment of a new run when the limit is reached. Default `reject`. */
  readonly over: 'reject' | 'warn'
  /** Limits of single subjects; each replaces the limits that it names. */
  readonly overrides: Readonly<Record<string, BudgetLimit>>
}

/** The property of a run that selects its count. */
export type BudgetKey =
  | { readonly kind: 'user' | 'key' | 'component' | 'upstream' | 'all' }
  | { readonly kind: 'claim'; readonly claim: string }

/** Undefined for no limit of that kind. */
export interface BudgetLimit {
  /** Input and output tokens together. */
  readonly tokens?: number | undefined
  /** In the unit in which AgentOS reports costs. */
  readonly cost?: number | undefined
}

/** A window of fixed length, or a calendar month. Both are aligned to UTC. */
export type BudgetWindow = { readonly ms: number } | 'month'
