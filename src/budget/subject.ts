/** Finds the subject of a run in a budget, such as its user or its component. */
import type { BudgetConfig, BudgetKey, ComponentKind } from '../../config/types.ts'
import type { Caller } from '../auth/caller.ts'
import { isShown } from '../face/component-filter.ts'

/** The facts about a run by which budgets select and count it. */
export interface BudgetedRun {
  readonly caller: Caller
  /** Undefined where the request does not name the component. */
  readonly component: { readonly kind: ComponentKind; readonly id: string } | undefined
  /** Name of the upstream that gets the run; undefined for an unknown component. */
  readonly upstream: string | undefined
}

/** Longest value of a claim that is counted by itself, in UTF-16 code units. */
const MAX_CLAIM = 1_024

/** Whether the run counts in the budget. */
export function isSelected({ components }: BudgetConfig, { component }: BudgetedRun): boolean {
  if (components.length === 0) return true
  if (component === undefined) return false
  return isShown({ include: components, exclude: [] }, component.kind, component.id)
}

/** The value of `by`; undefined for runs without one, which are counted together. */
export function subjectOf({ by }: BudgetConfig, run: BudgetedRun): string | undefined {
  return SUBJECTS[by.kind](run, by)
}

type Subject = (run: BudgetedRun, by: BudgetKey) => string | undefined

const SUBJECTS: Readonly<Record<BudgetKey['kind'], Subject>> = {
  user: ({ caller }) => (isVerified(caller) ? caller.claims?.sub : undefined),
  key: ({ caller }) => caller.key,
  claim: ({ caller }, by) => claimIn(caller, by),
  component: ({ component }) => component && `${component.kind}/${component.id}`,
  upstream: ({ upstream }) => upstream,
  all: () => undefined,
}

/** The gateway has verified the claims of the token, or the configuration gives them to the API key. */
function isVerified({ kind }: Caller): boolean {
  return kind === 'verified' || kind === 'api-key'
}

/** A text, a number or a boolean among the verified claims. */
function claimIn(caller: Caller, by: BudgetKey): string | undefined {
  const { claims } = caller
  if (!isVerified(caller) || claims === null || by.kind !== 'claim') return undefined
  const value = Object.hasOwn(claims, by.claim) ? claims[by.claim] : undefined
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value)
  return isScalar ? String(value).slice(0, MAX_CLAIM) : undefined
}
