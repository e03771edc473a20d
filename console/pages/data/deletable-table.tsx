/** A paged list whose rows can be deleted after a confirmation. */
import { useSignal } from '@preact/signals'
import type { ApiError } from '../../api/http.ts'
import type { usePages } from '../../components/paged.tsx'
import { Paged } from '../../components/paged.tsx'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Failure, Panel } from '../../components/ui.tsx'
import { apiErrorOf } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import type { Filter } from './filter-bar.tsx'
import { FilterBar } from './filter-bar.tsx'

interface DeletableTableProps<Row> {
  readonly list: ReturnType<typeof usePages<Row>>
  readonly filters: readonly Filter[]
  readonly label: string
  /** Text of an empty list. */
  readonly empty: string
  readonly columns: readonly Column<Row>[]
  keyOf(row: Row): string
  /** Name of the row in the question before it is deleted. */
  nameOf(row: Row): string
  remove(row: Row): Promise<unknown>
}

export function DeletableTable<Row>(props: DeletableTableProps<Row>) {
  const { list, filters, label, empty, columns, keyOf, nameOf, remove } = props
  const failure = useSignal<ApiError | undefined>(undefined)
  const confirmAndRemove = async (row: Row) => {
    if (!confirm(strings.confirmDelete(nameOf(row)))) return
    try {
      await remove(row)
      list.reload()
    } catch (error) {
      failure.value = apiErrorOf(error)
    }
  }
  const actions: Column<Row> = {
    head: strings.actions,
    cell: (row) => (
      <button type="button" class="small danger" onClick={() => void confirmAndRemove(row)}>
        {strings.delete}
      </button>
    ),
  }
  return (
    <>
      <FilterBar filters={filters} />
      {failure.value ? <Failure error={failure.value} /> : null}
      <Panel flush>
        <Paged list={list} empty={empty}>
          {(rows) => (
            <Table label={label} columns={[...columns, actions]} rows={rows} keyOf={keyOf} />
          )}
        </Paged>
      </Panel>
    </>
  )
}
