/** Lists all memories of all users. */
import { useSignal } from '@preact/signals'
import { memories } from '../../api/data.ts'
import type { ApiError } from '../../api/http.ts'
import type { Memory } from '../../api/types.ts'
import { Paged, usePages } from '../../components/paged.tsx'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Ago } from '../../components/time.tsx'
import { Badge, Failure, Panel } from '../../components/ui.tsx'
import { apiErrorOf } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import type { Filter } from './filter-bar.tsx'
import { FilterBar, filterQuery } from './filter-bar.tsx'

const FILTERS: readonly Filter[] = [
  { name: 'search_content', label: strings.text },
  { name: 'user_id', label: strings.user },
  { name: 'topics', label: strings.topic },
]

export function Memories() {
  const list = usePages<Memory>('memories', filterQuery(FILTERS))
  const failure = useSignal<ApiError | undefined>(undefined)
  const remove = async ({ memory_id: id, memory }: Memory) => {
    if (!confirm(strings.confirmDelete(memory.slice(0, 80)))) return
    try {
      await memories.remove(id)
      list.reload()
    } catch (error) {
      failure.value = apiErrorOf(error)
    }
  }
  const columns: readonly Column<Memory>[] = [
    { head: strings.memory, wide: true, cell: ({ memory }) => memory },
    {
      head: strings.topic,
      cell: ({ topics }) => (topics ?? []).map((topic) => <Badge key={topic}>{topic}</Badge>),
    },
    { head: strings.user, cell: ({ user_id: user }) => user ?? '–' },
    { head: strings.changed, cell: ({ updated_at: at }) => <Ago at={at} /> },
    {
      head: strings.actions,
      cell: (memory) => (
        <button type="button" class="small danger" onClick={() => void remove(memory)}>
          {strings.delete}
        </button>
      ),
    },
  ]
  return (
    <>
      <FilterBar filters={FILTERS} />
      {failure.value ? <Failure error={failure.value} /> : null}
      <Panel flush>
        <Paged list={list} empty={strings.noMemories}>
          {(rows) => (
            <Table
              label={strings.data.memories}
              columns={columns}
              rows={rows}
              keyOf={({ memory_id: id }) => id}
            />
          )}
        </Paged>
      </Panel>
    </>
  )
}
