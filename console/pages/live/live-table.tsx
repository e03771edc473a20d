/** Lists the open answers, one per row. */
import type { LiveRun } from '../../api/gateway.ts'
import { Id } from '../../components/copy.tsx'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Badge } from '../../components/ui.tsx'
import { bytes, count, seconds } from '../../state/format.ts'
import { hrefOf } from '../../state/location.ts'
import { strings } from '../../strings.ts'

interface LiveTableProps {
  readonly runs: readonly LiveRun[]
  onCancel(run: LiveRun): void
  onDetach(run: LiveRun): void
}

/** Silence after which a stream is marked, in seconds. */
const SILENT_SECONDS = 30

export function LiveTable({ runs, onCancel, onDetach }: LiveTableProps) {
  const actions: Column<LiveRun> = {
    head: strings.actions,
    cell: (run) => <Actions run={run} onCancel={onCancel} onDetach={onDetach} />,
  }
  return (
    <Table
      label={strings.pages.live}
      columns={[...COLUMNS, actions]}
      rows={runs}
      keyOf={({ pid, id }) => `${pid} ${id}`}
    />
  )
}

const COLUMNS: readonly Column<LiveRun>[] = [
  {
    head: strings.component,
    wide: true,
    cell: ({ component, path, method, type, detached }) => (
      <>
        <b>{component ?? `${method} ${path}`}</b>{' '}
        {type === 'websocket' ? <Badge tone="info">WebSocket</Badge> : null}
        {detached ? <Badge tone="warn">{strings.detached}</Badge> : null}
      </>
    ),
  },
  { head: strings.upstream, cell: ({ upstream }) => upstream ?? '–' },
  {
    head: strings.caller,
    cell: ({ user, key, client }) => <span title={client}>{user ?? key ?? client}</span>,
  },
  { head: strings.age, align: 'right', cell: ({ age_seconds: age }) => seconds(age) },
  {
    head: strings.firstEvent,
    align: 'right',
    cell: ({ first_event_seconds: first }) => seconds(first),
  },
  { head: strings.events, align: 'right', cell: ({ events }) => count(events) },
  { head: strings.size, align: 'right', cell: (run) => bytes(run.bytes) },
  {
    head: strings.lastEvent,
    align: 'right',
    cell: ({ idle_seconds: idle }) => (
      <span class={idle > SILENT_SECONDS ? 'warn' : undefined}>{strings.ago(seconds(idle))}</span>
    ),
  },
  { head: strings.run, cell: ({ run_id: id }) => <Id value={id ?? ''} /> },
]

function Actions({
  run,
  onCancel,
  onDetach,
}: Omit<LiveTableProps, 'runs'> & { readonly run: LiveRun }) {
  const { component, run_id: runId, session_id: sessionId, detached } = run
  if (component === null || runId === null) return null
  const [kind = '', ...id] = component.split('/')
  const query = { session: sessionId ?? undefined, run: runId }
  return (
    <span class="buttons">
      <a
        class="button small"
        href={hrefOf(`/play/${kind}/${encodeURIComponent(id.join('/'))}`, query)}
      >
        {strings.open}
      </a>
      {detached ? null : (
        <button
          type="button"
          class="small"
          title={strings.detachTitle}
          onClick={() => onDetach(run)}
        >
          {strings.detach}
        </button>
      )}
      <button type="button" class="small danger" onClick={() => onCancel(run)}>
        {strings.cancel}
      </button>
    </span>
  )
}
