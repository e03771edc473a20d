/** Page Overview: every upstream with its replicas, current numbers, and recent events. */
import type { GatewayStatus } from '../../api/gateway.ts'
import { gateway } from '../../api/gateway.ts'
import type { ApiError } from '../../api/http.ts'
import { Failure, Loading, Panel, State } from '../../components/ui.tsx'
import { usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { CatalogueNote } from './catalogue-note.tsx'
import { Incidents } from './incidents.tsx'
import { Numbers } from './numbers.tsx'
import { troubled, Upstreams } from './upstreams.tsx'

const STATUS_MS = 2_000
const HISTORY_MS = 5_000

export function Overview() {
  const status = usePolled((signal) => gateway.status(signal), STATUS_MS)
  const history = usePolled((signal) => gateway.history('5s', undefined, signal), HISTORY_MS)
  const now = status.value.value
  const error = status.error.value
  if (now === undefined) {
    if (error?.status === 403) return <OtherPages error={error} />
    return error ? <Failure error={error} /> : <Loading />
  }
  return (
    <>
      <h1 class="sr">{strings.pages.overview}</h1>
      {error ? <Failure error={error} /> : null}
      <Numbers status={now} history={history.value.value} />
      <Panel title={strings.upstreams} actions={<Attention status={now} />} flush>
        <Upstreams upstreams={now.upstreams} />
      </Panel>
      <div class="columns">
        <Incidents status={now} />
        <CatalogueNote status={now} />
      </div>
    </>
  )
}

/** Leads a caller without the admin scope to the pages that need none. */
function OtherPages({ error }: { readonly error: ApiError }) {
  return (
    <>
      <p class="notice">
        {strings.overviewForAdmins} <a href="#/play">{strings.pages.play}</a>,{' '}
        <a href="#/catalogue">{strings.pages.catalogue}</a>,{' '}
        <a href="#/inbox">{strings.pages.inbox}</a>, <a href="#/data">{strings.pages.data}</a>
      </p>
      <Failure error={error} />
    </>
  )
}

function Attention({ status: { upstreams } }: { readonly status: GatewayStatus }) {
  const bad = upstreams.filter(troubled).length
  return bad === 0 ? null : <State tone="bad">{strings.needAttention(bad, upstreams.length)}</State>
}
