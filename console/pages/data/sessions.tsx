/** Lists all sessions of all databases, newest first. */
import { sessions } from '../../api/data.ts'
import { sourceOf } from '../../api/databases.ts'
import type { Session } from '../../api/types.ts'
import { Id } from '../../components/copy.tsx'
import { usePages } from '../../components/paged.tsx'
import type { Column } from '../../components/table.tsx'
import { Ago } from '../../components/time.tsx'
import { Badge } from '../../components/ui.tsx'
import { count, nameOr } from '../../state/format.ts'
import { hrefOf } from '../../state/location.ts'
import { strings } from '../../strings.ts'
import { DeletableTable } from './deletable-table.tsx'
import type { Filter } from './filter-bar.tsx'
import { filterQuery } from './filter-bar.tsx'
import { ownerOf } from './owner.ts'
import { useDatabaseFilter } from './source-filters.ts'

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

const NAMES = ['db_id', ...FILTERS.map(({ name }) => name)]

export function Sessions() {
  const filters = [...FILTERS, ...useDatabaseFilter()]
  const list = usePages<Session>('sessions', {
    ...filterQuery(NAMES),
    sort_by: 'updated_at',
    sort_order: 'desc',
  })
  return (
    <DeletableTable
      list={list}
      filters={filters}
      label={strings.data.sessions}
      empty={strings.noSessions}
      columns={COLUMNS}
      keyOf={({ session_id: id }) => id}
      nameOf={({ session_id: id, session_name: name }) => nameOr(name, id)}
      remove={(session) => sessions.remove(session.session_id, sourceOf(session))}
    />
  )
}

const COLUMNS: readonly Column<Session>[] = [
  {
    head: strings.name,
    wide: true,
    cell: (session) => {
      const { session_id: id, session_name: name } = session
      const type = session.session_type ?? ownerOf(session)?.type
      const to = `/data/sessions/${encodeURIComponent(id)}`
      return (
        <a class="clip" href={hrefOf(to, { type, ...sourceOf(session) })}>
          {nameOr(name, strings.unnamed)}
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
