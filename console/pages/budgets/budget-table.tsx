/** Lists the budgets of the configuration. A click on a name shows the subjects of that budget only. */
import type { Budget } from '../../api/budgets.ts'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Until } from '../../components/time.tsx'
import { Badge } from '../../components/ui.tsx'
import { setQuery } from '../../state/location.ts'
import { strings } from '../../strings.ts'
import { AmountLines } from './amounts.tsx'
import { texts } from './texts.ts'

interface BudgetTableProps {
  readonly budgets: readonly Budget[]
  readonly chosen: string | undefined
}

export function BudgetTable({ budgets, chosen }: BudgetTableProps) {
  return (
    <Table
      label={strings.pages.budgets}
      columns={COLUMNS}
      rows={budgets}
      keyOf={({ name }) => name}
      isSelected={({ name }) => name === chosen}
    />
  )
}

const COLUMNS: readonly Column<Budget>[] = [
  {
    head: texts.budget,
    wide: true,
    cell: ({ name }) => (
      <button type="button" class="link" onClick={() => setQuery({ budget: name })}>
        {name}
      </button>
    ),
  },
  { head: texts.countedBy, cell: ({ by }) => by },
  {
    head: strings.components,
    wide: true,
    cell: ({ components }) =>
      components.length === 0 ? (
        <span class="dim">{texts.allComponents}</span>
      ) : (
        components.join(', ')
      ),
  },
  {
    head: texts.limit,
    align: 'right',
    cell: ({ limit, overrides }) => (
      <>
        <AmountLines amounts={limit} limit={limit} />
        {overrides === 0 ? null : <span class="dim">{texts.overrides(overrides)}</span>}
      </>
    ),
  },
  { head: texts.window, align: 'right', cell: ({ window }) => window.length },
  { head: texts.windowEnds, align: 'right', cell: ({ window }) => <Until at={window.end} /> },
  {
    head: texts.atLimit,
    cell: ({ over }) => <Badge tone={over === 'reject' ? 'bad' : 'warn'}>{texts.over[over]}</Badge>,
  },
]
