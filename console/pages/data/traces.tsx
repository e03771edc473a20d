/** Lists all traces, newest first. */
import { sourceOf } from '../../api/databases.ts'
import type { Trace } from '../../api/types.ts'
import { textIn } from '../../api/types.ts'
import { Id } from '../../components/copy.tsx'
import { Paged, usePages } from '../../components/paged.tsx'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Clock } from '../../components/time.tsx'
import { Panel, State } from '../../components/ui.tsx'
import { count, duration } from '../../state/format.ts'
import { hrefOf } from '../../state/location.ts'
import { strings } from '../../strings.ts'
import type { Filter } from './filter-bar.tsx'
import { FilterBar, filterQuery } from './filter-bar.tsx'
import { useDatabaseFilter } from './source-filters.ts'

const FILTERS: readonly Filter[] = [
  { name: 'agent_id', label: strings.agentId },
  { name: 'user_id', label: strings.user },
  { name: 'session_id', label: strings.session },
  { name: 'run_id', label: strings.run },
  {
    name: 'status',
    label: strings.status,
    options: [
      ['', strings.anyStatus],
      ['OK', 'OK'],
      ['ERROR', 'ERROR'],
    ],
  },
]

const NAMES = ['db_id', ...FILTERS.map(({ name }) => name)]

const COLUMNS: readonly Column<Trace>[] = [
  { head: strings.time, cell: ({ start_time: at }) => <Clock at={at} /> },
  {
    head: strings.name,
    wide: true,
    cell: (trace) => {
      const { trace_id: id, name, run_id: run } = trace
      const query = { run_id: run ?? undefined, ...sourceOf(trace) }
      return <a href={hrefOf(`/data/traces/${encodeURIComponent(id)}`, query)}>{name}</a>
    },
  },
  {
    head: strings.status,
    cell: ({ status }) => <State tone={status === 'OK' ? 'good' : 'bad'}>{status}</State>,
  },
  { head: strings.duration, align: 'right', cell: (trace) => duration(trace.duration) },
  { head: strings.spans, align: 'right', cell: ({ total_spans: total }) => count(total) },
  { head: strings.errors, align: 'right', cell: ({ error_count: errors }) => count(errors) },
  {
    head: strings.input,
    wide: true,
    cell: (trace) => <span class="clip">{textIn(trace['input']).slice(0, 200)}</span>,
  },
  { head: strings.run, cell: ({ run_id: run }) => <Id value={run ?? ''} /> },
]

export function Traces() {
  const filters = [...FILTERS, ...useDatabaseFilter()]
  const list = usePages<Trace>('traces', filterQuery(NAMES))
  return (
    <>
      <FilterBar filters={filters} />
      <Panel flush>
        <Paged list={list} empty={strings.noTraces}>
          {(rows) => (
            <Table
              label={strings.data.traces}
              columns={COLUMNS}
              rows={rows}
              keyOf={({ trace_id: id }) => id}
            />
          )}
        </Paged>
      </Panel>
    </>
  )
}
