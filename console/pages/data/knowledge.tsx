/** Lists the contents of all knowledge bases. */
import type { Json } from '../../api/types.ts'
import { textIn } from '../../api/types.ts'
import { Paged, usePages } from '../../components/paged.tsx'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Ago } from '../../components/time.tsx'
import type { Tone } from '../../components/ui.tsx'
import { Panel, State } from '../../components/ui.tsx'
import { bytes, nameOr } from '../../state/format.ts'
import { strings } from '../../strings.ts'
import { FilterBar, filterQuery } from './filter-bar.tsx'
import { useKnowledgeFilter } from './source-filters.ts'

const TONES: Readonly<Record<string, Tone>> = { completed: 'good', processing: 'info' }

const COLUMNS: readonly Column<Json>[] = [
  {
    head: strings.name,
    wide: true,
    cell: (content) => (
      <span title={textIn(content['description'])}>
        {nameOr(textIn(content['name']), strings.unnamed)}
      </span>
    ),
  },
  { head: strings.type, cell: (content) => textIn(content['type']) || '–' },
  {
    head: strings.size,
    align: 'right',
    cell: (content) => (Number(content['size']) > 0 ? bytes(Number(content['size'])) : '–'),
  },
  {
    head: strings.status,
    cell: (content) => {
      const status = textIn(content['status'])
      return (
        <span title={textIn(content['status_message'])}>
          <State tone={TONES[status] ?? 'bad'}>{status || '–'}</State>
        </span>
      )
    },
  },
  { head: strings.changed, cell: (content) => <Ago at={content['updated_at']} /> },
]

export function Knowledge() {
  const filters = useKnowledgeFilter()
  const list = usePages<Json>('knowledge/content', filterQuery(['knowledge_id', 'db_id']))
  return (
    <>
      {filters.length === 0 ? null : <FilterBar filters={filters} />}
      <Panel flush>
        <Paged list={list} empty={strings.noKnowledge}>
          {(rows) => (
            <Table
              label={strings.data.knowledge}
              columns={COLUMNS}
              rows={rows}
              keyOf={(content) => textIn(content['id'])}
            />
          )}
        </Paged>
      </Panel>
    </>
  )
}
