/** Lists the subjects of budgets with their usage, the fullest first. */
import type { BudgetUsage } from '../../api/budgets.ts'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Until } from '../../components/time.tsx'
import { State } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'
import { AmountLines, remainingOf } from './amounts.tsx'
import { texts } from './texts.ts'

/** Share that is left below which a subject is marked. */
const NEAR = 0.1

export function UsageTable({ rows }: { readonly rows: readonly BudgetUsage[] }) {
  return (
    <Table
      label={texts.usage}
      columns={COLUMNS}
      rows={rows}
      keyOf={({ budget, subject }) => JSON.stringify([budget, subject])}
    />
  )
}

const COLUMNS: readonly Column<BudgetUsage>[] = [
  {
    head: texts.subject,
    wide: true,
    cell: (row) => (row.subject === null ? <Unnamed {...row} /> : <b>{row.subject}</b>),
  },
  { head: texts.budget, cell: ({ budget }) => budget },
  { head: strings.state, cell: (row) => <LimitState {...row} /> },
  {
    head: texts.used,
    align: 'right',
    cell: ({ used, limit }) => <AmountLines amounts={used} limit={limit} />,
  },
  {
    head: texts.limit,
    align: 'right',
    cell: ({ limit }) => <AmountLines amounts={limit} limit={limit} />,
  },
  {
    head: texts.remaining,
    align: 'right',
    cell: (row) => <AmountLines amounts={remainingOf(row)} limit={row.limit} />,
  },
  { head: texts.windowEnds, align: 'right', cell: ({ window }) => <Until at={window.end} /> },
]

function Unnamed({ by }: BudgetUsage) {
  return <span class="dim">{texts.subjects[by] ?? texts.withoutClaim}</span>
}

/** The state with the share that is left. */
function LimitState({ is_over: isOver, over, left }: BudgetUsage) {
  if (isOver)
    return <State tone={over === 'reject' ? 'bad' : 'warn'}>{texts.overLimit[over]}</State>
  const tone = left < NEAR ? 'warn' : 'good'
  return <State tone={tone}>{texts.share(left)}</State>
}
