/** Shows tokens and cost, one below the other, for the units that a budget limits. */
import type { Amounts, BudgetUsage, Limits } from '../../api/budgets.ts'
import { whole } from '../../state/format.ts'
import { texts } from './texts.ts'

const UNITS = ['tokens', 'cost'] as const
/** Digits of a cost: the gateway counts millionths. */
const COST_DIGITS = 6

interface AmountsProps {
  readonly amounts: Limits
  /** Units without a limit are left out. */
  readonly limit: Limits
}

export function AmountLines({ amounts, limit }: AmountsProps) {
  return (
    <>
      {UNITS.filter((unit) => limit[unit] !== null && amounts[unit] !== null).map((unit) => (
        <div key={unit}>
          {texts[unit](whole(amounts[unit] ?? 0, unit === 'cost' ? COST_DIGITS : 0))}
        </div>
      ))}
    </>
  )
}

/** The rest of each limit, at least 0. */
export function remainingOf({ used, limit }: Pick<BudgetUsage, 'used' | 'limit'>): Limits {
  const rest = (unit: keyof Amounts) => {
    const most = limit[unit]
    return most === null ? null : Math.max(0, most - used[unit])
  }
  return { tokens: rest('tokens'), cost: rest('cost') }
}
