/** Counts what budgets have charged and refused since the start of the process, for the metrics. */
import type { BudgetConfig } from '../../config/types.ts'
import type { Snapshot } from '../metrics/snapshot.ts'
import { costOf } from '../usage/spent.ts'
import type { Amount } from './amount.ts'
import { NO_AMOUNT, plus } from './amount.ts'
import type { Standing } from './standing.ts'

interface Counts {
  charged: Amount
  reject: number
  warn: number
}

/** Most names of budgets that are counted, because reloads can add names without end. */
const MAX_NAMES = 1_000

export class BudgetCounters {
  readonly #counts = new Map<string, Counts>()

  charge(budget: BudgetConfig, amount: Amount): void {
    const counts = this.#of(budget)
    counts.charged = plus(counts.charged, amount)
  }

  /** Counts a run that starts, or would have started, above its budget. */
  exceed(budget: BudgetConfig): void {
    this.#of(budget)[budget.over]++
  }

  /** @param standings of every subject in its current window */
  addTo(snapshot: Snapshot, standings: Iterable<Standing>): void {
    for (const [budget, { charged, reject, warn }] of this.#counts) {
      snapshot.add('budgetTokens', charged.tokens, { budget })
      snapshot.add('budgetCost', costOf(charged), { budget })
      snapshot.add('budgetExceeded', reject, { budget, over: 'reject' })
      snapshot.add('budgetExceeded', warn, { budget, over: 'warn' })
    }
    const subjects = new Map<string, { all: number; over: number }>()
    for (const { budget, isOver } of standings) {
      const count = subjects.get(budget.name) ?? { all: 0, over: 0 }
      subjects.set(budget.name, count)
      count.all++
      if (isOver) count.over++
    }
    for (const [budget, { all, over }] of subjects) {
      snapshot.add('budgetSubjects', all, { budget })
      snapshot.add('budgetSubjectsOver', over, { budget })
    }
  }

  #of({ name }: BudgetConfig): Counts {
    const known = this.#counts.get(name)
    if (known) return known
    const counts: Counts = { charged: NO_AMOUNT, reject: 0, warn: 0 }
    if (this.#counts.size < MAX_NAMES) this.#counts.set(name, counts)
    return counts
  }
}
