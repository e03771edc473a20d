/** Lists the API keys of the configuration, for administrators. Shows no key and no digest. */
import type { ApiKeyEntry } from '../../api/access.ts'
import { Table } from '../../components/table.tsx'
import { Clock } from '../../components/time.tsx'
import { Badge, Panel } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'

export function ApiKeys({ keys }: { readonly keys: readonly ApiKeyEntry[] }) {
  return (
    <Panel title={strings.apiKeys}>
      <Table
        label={strings.apiKeys}
        rows={keys}
        keyOf={({ name }) => name}
        columns={[
          { head: strings.keyName, cell: ({ name }) => <code>{name}</code> },
          { head: strings.user, cell: ({ user }) => user ?? <span class="dim">–</span> },
          { head: strings.keyScopes, wide: true, cell: ({ scopes }) => scopes.join(', ') },
          { head: strings.expires, cell: (key) => <Expiry {...key} /> },
        ]}
      />
    </Panel>
  )
}

function Expiry({ expires_at: expires, is_expired: isExpired }: ApiKeyEntry) {
  if (expires === null) return <span class="dim">{strings.neverExpires}</span>
  return (
    <>
      <Clock at={expires} /> {isExpired ? <Badge tone="warn">{strings.hasExpired}</Badge> : null}
    </>
  )
}
