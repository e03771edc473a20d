/** Lists all evaluation runs. */
import { useSignal } from '@preact/signals'
import type { Json } from '../../api/types.ts'
import { textIn } from '../../api/types.ts'
import { Dialog } from '../../components/dialog.tsx'
import { JsonTree } from '../../components/json.tsx'
import { Paged, usePages } from '../../components/paged.tsx'
import { Table } from '../../components/table.tsx'
import { Ago } from '../../components/time.tsx'
import { Badge, Panel } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'
import { FilterBar, filterQuery } from './filter-bar.tsx'
import { useDatabaseFilter } from './source-filters.ts'

export function Evals() {
  const filters = useDatabaseFilter()
  const list = usePages<Json>('eval-runs', filterQuery(['db_id']))
  const opened = useSignal<Json | undefined>(undefined)
  return (
    <>
      {filters.length === 0 ? null : <FilterBar filters={filters} />}
      <Panel flush>
        <Paged list={list} empty={strings.noEvals}>
          {(rows) => (
            <Table
              label={strings.data.evals}
              rows={rows}
              keyOf={(run) => textIn(run['id'])}
              columns={[
                {
                  head: strings.name,
                  wide: true,
                  cell: (run) => (
                    <button
                      type="button"
                      class="link"
                      onClick={() => {
                        opened.value = run
                      }}
                    >
                      {textIn(run['name']) || textIn(run['id'])}
                    </button>
                  ),
                },
                {
                  head: strings.type,
                  cell: (run) => <Badge tone="info">{textIn(run['eval_type'])}</Badge>,
                },
                {
                  head: strings.component,
                  cell: (run) =>
                    textIn(run['agent_id']) || textIn(run['team_id']) || textIn(run['workflow_id']),
                },
                { head: strings.model, cell: (run) => textIn(run['model_id']) || '–' },
                { head: strings.created, cell: (run) => <Ago at={run['created_at']} /> },
              ]}
            />
          )}
        </Paged>
      </Panel>
      {opened.value === undefined ? null : (
        <Dialog
          title={textIn(opened.value['name']) || strings.data.evals}
          onClose={() => {
            opened.value = undefined
          }}
        >
          <JsonTree value={opened.value} open={2} />
        </Dialog>
      )}
    </>
  )
}
