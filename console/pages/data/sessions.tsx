/** Lists all sessions of all databases, newest first. */
import { useSignal } from '@preact/signals'
import { sessions } from '../../api/data.ts'
import type { ApiError } from '../../api/http.ts'
import type { Session } from '../../api/types.ts'
import { Id } from '../../components/copy.tsx'
import { Paged, usePages } from '../../components/paged.tsx'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Ago } from '../../components/time.tsx'
import { Badge, Failure, Panel } from '../../components/ui.tsx'
import { count } from '../../state/format.ts'
import { hrefOf } from '../../state/location.ts'
import { apiErrorOf } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import type { Filter } from './filter-bar.tsx'
import { FilterBar, filterQuery } from './filter-bar.tsx'
import { ownerOf } from './owner.ts'

const FILTERS: readonly Filter[] = [
  { name: 'session_name', label: strings.name },
  {
    name: 'type',
    label: strings.kind,
    options: [
      ['', strings.allKinds],
      ['agent', strings.kinds.agents],
      ['team', strings.kinds.teams],
      ['workflow', strings.kinds.workflows],
    ],
  },
  { name: 'component_id', label: strings.component },
  { name: 'user_id', label: strings.user },
]

export function Sessions() {
  const list = usePages<Session>('sessions', {
    ...filterQuery(FILTERS),
    sort_by: 'updated_at',
    sort_order: 'desc',
  })
  const failure = useSignal<ApiError | undefined>(undefined)
  const remove = async ({ session_id: id, session_name: name }: Session) => {
    if (!confirm(strings.confirmDelete(name || id))) return
    try {
      await sessions.remove(id)
      list.reload()
    } catch (error) {
      failure.value = apiErrorOf(error)
    }
  }
  const actions: Column<Session> = {
    head: strings.actions,
    cell: (session) => (
      <button type="button" class="small danger" onClick={() => void remove(session)}>
        {strings.delete}
      </button>
    ),
  }
  return (
    <>
      <FilterBar filters={FILTERS} />
      {failure.value ? <Failure error={failure.value} /> : null}
      <Panel flush>
        <Paged list={list} empty={strings.noSessions}>
          {(rows) => (
            <Table
              label={strings.data.sessions}
              columns={[...COLUMNS, actions]}
              rows={rows}
              keyOf={({ session_id: id }) => id}
            />
          )}
        </Paged>
      </Panel>
    </>
  )
}

const COLUMNS: readonly Column<Session>[] = [
  {
    head: strings.name,
    wide: true,
    cell: (session) => {
      const { session_id: id, session_name: name } = session
      const type = session.session_type ?? ownerOf(session)?.type
      return (
        <a class="clip" href={hrefOf(`/data/sessions/${encodeURIComponent(id)}`, { type })}>
          {name || strings.unnamed}
        </a>
      )
    },
  },
  {
    head: strings.component,
    cell: (session) => {
      const owner = ownerOf(session)
      return owner ? (
        <>
          <Badge tone="info">{owner.type}</Badge> {owner.id}
        </>
      ) : (
        '–'
      )
    },
  },
  { head: strings.user, cell: ({ user_id: user }) => user ?? <span class="dim">–</span> },
  { head: strings.tokens, align: 'right', cell: ({ total_tokens: total }) => count(total) },
  { head: strings.changed, cell: ({ updated_at: at }) => <Ago at={at} /> },
  { head: strings.id, cell: ({ session_id: id }) => <Id value={id} /> },
]
