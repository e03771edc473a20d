/** Texts of the page Budgets, in English. A translation replaces this file. */
import type { OverLimit } from '../../api/budgets.ts'
import { percent } from '../../state/format.ts'

export const texts = {
  none: 'No budgets are configured.',
  noUsage: 'No run has been charged in a window that is open.',
  usage: 'Usage',
  budget: 'Budget',
  subject: 'Subject',
  subjects: {
    all: 'all runs',
    component: 'no component',
    upstream: 'no upstream',
    user: 'callers without a user',
    key: 'callers without an API key',
  } as Readonly<Record<string, string>>,
  withoutClaim: 'callers without the claim',
  countedBy: 'Counted by',
  used: 'Used',
  limit: 'Limit',
  remaining: 'Remaining',
  window: 'Window',
  windowEnds: 'Window ends',
  allComponents: 'all',
  atLimit: 'At the limit',
  over: { reject: 'reject', warn: 'warn' } satisfies Record<OverLimit, string>,
  overLimit: {
    reject: 'over, refused',
    warn: 'over, warned',
  } satisfies Record<OverLimit, string>,
  nearLimit: 'near the limit',
  withinLimit: 'within',
  numberOver: (over: number, isAll: boolean) =>
    `${isAll ? '' : '≥ '}${over.toLocaleString('en')} over the limit`,
  tokens: (value: string) => `${value} tokens`,
  cost: (value: string) => `cost ${value}`,
  share: (left: number) => `${percent(left)} left`,
  overrides: (count: number) => `${count} ${count === 1 ? 'override' : 'overrides'}`,
  chooseBudget: 'Choose one budget to see fewer.',
} as const
