/** Lists all approvals. Open ones are decided on the page Inbox. */
import type { Approval } from '../../api/types.ts'
import { Id } from '../../components/copy.tsx'
import { Paged, usePages } from '../../components/paged.tsx'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Ago } from '../../components/time.tsx'
import type { Tone } from '../../components/ui.tsx'
import { Panel, State } from '../../components/ui.tsx'
import { preview } from '../../state/format.ts'
import { strings } from '../../strings.ts'
import type { Filter } from './filter-bar.tsx'
import { FilterBar, filterQuery } from './filter-bar.tsx'

const FILTERS: readonly Filter[] = [
  {
    name: 'status',
    label: strings.status,
    options: [
      ['', strings.anyStatus],
      ['pending', strings.approvalStates.pending],
      ['approved', strings.approvalStates.approved],
      ['rejected', strings.approvalStates.rejected],
      ['expired', strings.approvalStates.expired],
    ],
  },
  { name: 'user_id', label: strings.user },
  { name: 'run_id', label: strings.run },
]

const TONES: Readonly<Record<string, Tone>> = { pending: 'warn', approved: 'good' }

const COLUMNS: readonly Column<Approval>[] = [
  {
    head: strings.status,
    cell: ({ status }) => <State tone={TONES[status] ?? 'bad'}>{status}</State>,
  },
  { head: strings.tool, cell: ({ tool_name: tool }) => <code>{tool ?? '–'}</code> },
  {
    head: strings.arguments,
    wide: true,
    cell: ({ tool_args: args }) => <code class="clip">{args ? preview(args, 300) : '–'}</code>,
  },
  {
    head: strings.component,
    cell: (one) => one.agent_id ?? one.team_id ?? one.workflow_id ?? '–',
  },
  { head: strings.user, cell: ({ user_id: user }) => user ?? '–' },
  { head: strings.created, cell: ({ created_at: at }) => <Ago at={at} /> },
  { head: strings.decidedBy, cell: ({ resolved_by: by }) => by ?? '–' },
  { head: strings.run, cell: ({ run_id: run }) => <Id value={run} /> },
]

export function Approvals() {
  const list = usePages<Approval>('approvals', filterQuery(FILTERS.map(({ name }) => name)))
  return (
    <>
      <FilterBar filters={FILTERS} />
      <Panel flush actions={<a href="#/inbox">{strings.pages.inbox}</a>}>
        <Paged list={list} empty={strings.noApprovals}>
          {(rows) => (
            <Table
              label={strings.data.approvals}
              columns={COLUMNS}
              rows={rows}
              keyOf={({ id }) => id}
            />
          )}
        </Paged>
      </Panel>
    </>
  )
}
