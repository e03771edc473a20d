/** Lists all memories of all users. */
import { memories } from '../../api/data.ts'
import { sourceOf } from '../../api/databases.ts'
import type { Memory } from '../../api/types.ts'
import { textIn } from '../../api/types.ts'
import { LongText } from '../../components/json.tsx'
import { usePages } from '../../components/paged.tsx'
import type { Column } from '../../components/table.tsx'
import { Ago } from '../../components/time.tsx'
import { Badge } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'
import { DeletableTable } from './deletable-table.tsx'
import type { Filter } from './filter-bar.tsx'
import { filterQuery } from './filter-bar.tsx'
import { useDatabaseFilter } from './source-filters.ts'

const FILTERS: readonly Filter[] = [
  { name: 'search_content', label: strings.text },
  { name: 'user_id', label: strings.user },
  { name: 'topics', label: strings.topic },
]

const NAMES = ['db_id', ...FILTERS.map(({ name }) => name)]

const COLUMNS: readonly Column<Memory>[] = [
  { head: strings.memory, wide: true, cell: ({ memory }) => <LongText text={textIn(memory)} /> },
  {
    head: strings.topic,
    cell: ({ topics }) => (topics ?? []).map((topic) => <Badge key={topic}>{topic}</Badge>),
  },
  { head: strings.user, cell: ({ user_id: user }) => user ?? '–' },
  { head: strings.changed, cell: ({ updated_at: at }) => <Ago at={at} /> },
]

export function Memories() {
  const filters = [...FILTERS, ...useDatabaseFilter()]
  return (
    <DeletableTable
      list={usePages<Memory>('memories', filterQuery(NAMES))}
      filters={filters}
      label={strings.data.memories}
      empty={strings.noMemories}
      columns={COLUMNS}
      keyOf={({ memory_id: id }) => id}
      nameOf={({ memory }) => textIn(memory).slice(0, 80)}
      remove={(memory) => memories.remove(memory.memory_id, sourceOf({ ...memory }))}
    />
  )
}
