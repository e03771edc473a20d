/** Table of traffic by component: requests, failures and tokens. */
import type { ComponentTraffic } from '../../api/gateway.ts'
import { Table } from '../../components/table.tsx'
import { Empty } from '../../components/ui.tsx'
import { count, percent, seconds } from '../../state/format.ts'
import { setQuery } from '../../state/location.ts'
import { strings } from '../../strings.ts'

/** Label of requests to components that no upstream has. */
const UNKNOWN = 'other'

interface ComponentTableProps {
  readonly rows: readonly ComponentTraffic[]
  readonly chosen: string | undefined
}

export function ComponentTable({ rows, chosen }: ComponentTableProps) {
  if (rows.length === 0) return <Empty>{strings.noTraffic}</Empty>
  return (
    <Table
      label={strings.byComponent}
      rows={rows}
      keyOf={({ component, upstream }) => `${upstream} ${component}`}
      isSelected={({ component }) => component === chosen}
      columns={[
        {
          head: strings.component,
          wide: true,
          cell: ({ component }) =>
            component === '' || component === UNKNOWN ? (
              <span class="dim">
                {component === '' ? strings.otherRequests : strings.unknownComponents}
              </span>
            ) : (
              <button type="button" class="link" onClick={() => setQuery({ component })}>
                {component}
              </button>
            ),
        },
        { head: strings.upstream, cell: ({ upstream }) => upstream || '–' },
        { head: strings.requests, align: 'right', cell: (row) => count(row.requests) },
        { head: strings.runs, align: 'right', cell: (row) => count(row.runs) },
        {
          head: '5xx',
          align: 'right',
          cell: ({ errors, requests }) => (
            <span class={errors > 0 ? 'bad' : undefined}>
              {percent(requests > 0 ? errors / requests : 0)}
            </span>
          ),
        },
        { head: '4xx', align: 'right', cell: (row) => count(row.refused) },
        {
          head: strings.meanDuration,
          align: 'right',
          cell: (row) => seconds(row.requests > 0 ? row.seconds / row.requests : null),
        },
        { head: strings.events, align: 'right', cell: (row) => count(row.events) },
        { head: strings.tokensIn, align: 'right', cell: (row) => count(row.input_tokens) },
        { head: strings.tokensOut, align: 'right', cell: (row) => count(row.output_tokens) },
      ]}
    />
  )
}
