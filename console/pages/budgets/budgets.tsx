/** Page Budgets: which subjects have used how much, who is over a limit first, and the budgets of the configuration. */
import { useSignal } from '@preact/signals'
import type { BudgetsView } from '../../api/budgets.ts'
import { gateway } from '../../api/gateway.ts'
import { Empty, Failure, FilterChip, Loading, Panel, State } from '../../components/ui.tsx'
import { query, setQuery } from '../../state/location.ts'
import { usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { BudgetTable } from './budget-table.tsx'
import { texts } from './texts.ts'
import { UsageTable } from './usage-table.tsx'

const POLL_MS = 5_000
/** Subjects that are shown at first, and that each click adds. */
const STEP = 100
/** Largest number of subjects in one answer. */
const MOST = 1_000

export function Budgets() {
  const limit = useSignal(STEP)
  const budget = query.value.get('budget') ?? undefined
  const polled = usePolled(
    (signal) => gateway.budgets({ budget, limit: limit.value }, signal),
    POLL_MS,
    [budget, limit.value],
  )
  const view = polled.value.value
  const error = polled.error.value
  if (view === undefined) return error ? <Failure error={error} /> : <Loading />
  const more = () => {
    limit.value = Math.min(MOST, limit.value + STEP)
  }
  return (
    <>
      <h1 class="sr">{strings.pages.budgets}</h1>
      {error ? <Failure error={error} /> : null}
      {view.budgets.length === 0 ? (
        <Empty>{texts.none}</Empty>
      ) : (
        <>
          <Usage view={view} budget={budget} onMore={limit.value < MOST ? more : undefined} />
          <Panel title={strings.pages.budgets} flush>
            <BudgetTable budgets={view.budgets} chosen={budget} />
          </Panel>
        </>
      )}
    </>
  )
}

interface UsageProps {
  readonly view: BudgetsView
  readonly budget: string | undefined
  /** Undefined when the answer can have no more subjects. */
  readonly onMore: (() => void) | undefined
}

function Usage({ view: { data, meta }, budget, onMore }: UsageProps) {
  const over = data.filter(({ is_over: isOver }) => isOver).length
  const isAll = over < data.length || data.length === meta.total_count
  return (
    <Panel
      flush
      title={texts.usage}
      actions={
        <>
          {over === 0 ? null : <State tone="bad">{texts.numberOver(over, isAll)}</State>}{' '}
          {budget === undefined ? null : (
            <FilterChip onRemove={() => setQuery({ budget: '' })}>{budget}</FilterChip>
          )}
        </>
      }
    >
      {data.length === 0 ? <Empty>{texts.noUsage}</Empty> : <UsageTable rows={data} />}
      {data.length < meta.total_count ? (
        <p class="foot">
          <span role="status">{strings.shownOf(data.length, meta.total_count, false)}</span>{' '}
          {onMore ? (
            <button type="button" onClick={onMore}>
              {strings.more}
            </button>
          ) : budget === undefined ? (
            texts.chooseBudget
          ) : null}
        </p>
      ) : null}
    </Panel>
  )
}
