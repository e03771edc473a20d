/** Shows ids that several upstreams serve: the first in config order answers, the others are hidden. */
import type { GatewayStatus } from '../../api/gateway.ts'
import { Table } from '../../components/table.tsx'
import { Panel } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'

interface ShadowedProps {
  readonly status: GatewayStatus | undefined
  readonly isOpen: boolean
}

export function Shadowed({ status, isOpen }: ShadowedProps) {
  const rows = status?.shadowed ?? []
  if (rows.length === 0 && !isOpen) return null
  return (
    <Panel title={strings.shadowedIds} flush={rows.length > 0}>
      {rows.length === 0 ? (
        <p class="empty">{strings.noShadowed}</p>
      ) : (
        <Table
          label={strings.shadowedIds}
          rows={rows}
          keyOf={({ kind, id, upstream }) => `${kind} ${id} ${upstream}`}
          columns={[
            { head: strings.kind, cell: ({ kind }) => kind },
            { head: strings.id, cell: ({ id }) => <code>{id}</code> },
            { head: strings.servedBy, cell: ({ owner }) => owner },
            { head: strings.hiddenAt, cell: ({ upstream }) => upstream },
          ]}
        />
      )}
    </Panel>
  )
}
