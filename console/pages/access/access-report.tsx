/** Shows the identity and the rights of a token. */
import type { AccessView } from '../../api/access.ts'
import { JsonTree } from '../../components/json.tsx'
import { Table } from '../../components/table.tsx'
import { Clock } from '../../components/time.tsx'
import { Badge, Panel } from '../../components/ui.tsx'
import { count } from '../../state/format.ts'
import { strings } from '../../strings.ts'

interface ReportProps {
  readonly view: AccessView
  readonly title: string
}

export function AccessReport({ view, title }: ReportProps) {
  return (
    <>
      <Panel title={title}>
        <Facts view={view} />
        {view.claims === null ? null : (
          <>
            <h3>{strings.claims}</h3>
            <JsonTree value={view.claims} open={2} />
          </>
        )}
      </Panel>
      <Panel title={strings.may}>
        {view.mode !== 'none' && !view.authorization ? (
          <p class="notice warn">{strings.scopesNotEnforced}</p>
        ) : null}
        <Components view={view} />
        <p class="scopes">
          {view.scopes.map(({ scope, granted }) => (
            <Badge key={scope} tone={granted ? 'good' : 'idle'}>
              {granted ? '✓' : '✗'} {scope}
            </Badge>
          ))}
        </p>
        {view.unknown_scopes.length === 0 ? null : (
          <p class="dim">{strings.unknownScopes(view.unknown_scopes.join(', '))}</p>
        )}
      </Panel>
    </>
  )
}

function Facts({ view }: { readonly view: AccessView }) {
  const {
    mode,
    subject,
    caller,
    api_key: apiKey,
    is_admin: isAdmin,
    key,
    expires_at: expires,
  } = view
  return (
    <dl class="facts">
      <dt>{strings.authMode}</dt>
      <dd>
        {mode} {mode === 'none' ? <Badge tone="warn">{strings.openToAll}</Badge> : null}
      </dd>
      <dt>{strings.caller}</dt>
      <dd>
        {subject ?? apiKey ?? caller}{' '}
        {isAdmin ? <Badge tone="good">{strings.administrator}</Badge> : null}
      </dd>
      {apiKey === null ? null : (
        <>
          <dt>{strings.verifiedBy}</dt>
          <dd>
            {strings.apiKey} <code>{apiKey}</code>
          </dd>
        </>
      )}
      {key === null ? null : (
        <>
          <dt>{strings.verifiedBy}</dt>
          <dd>
            {key.alg} {key.kid === null ? null : <code>{key.kid}</code>}{' '}
            <span class="dim">{key.source}</span>
          </dd>
        </>
      )}
      {expires === null ? null : (
        <>
          <dt>{strings.expires}</dt>
          <dd>
            <Clock at={expires} />
          </dd>
        </>
      )}
    </dl>
  )
}

function Components({ view }: { readonly view: AccessView }) {
  const rows = Object.entries(view.components)
  return (
    <Table
      label={strings.may}
      rows={rows}
      keyOf={([kind]) => kind}
      columns={[
        { head: strings.kind, cell: ([kind]) => kind },
        { head: strings.total, align: 'right', cell: ([, { total }]) => count(total) },
        { head: strings.mayRead, align: 'right', cell: ([, { read }]) => count(read) },
        { head: strings.mayRun, align: 'right', cell: ([, { run }]) => count(run) },
      ]}
    />
  )
}
