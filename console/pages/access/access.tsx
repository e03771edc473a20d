/** Page Access: identity and rights of the caller's token, and the key that verified it. */
import { gateway } from '../../api/gateway.ts'
import { Failure, Loading, Panel } from '../../components/ui.tsx'
import { usePolled } from '../../state/polling.ts'
import { token } from '../../state/token.ts'
import { strings } from '../../strings.ts'
import { AccessReport } from './access-report.tsx'
import { ApiKeys } from './api-keys.tsx'
import { CheckToken } from './check-token.tsx'
import { TokenForm } from './token-form.tsx'

const POLL_MS = 60_000

export function Access() {
  const access = usePolled(() => gateway.access(), POLL_MS, [token.value])
  const view = access.value.value
  const error = access.error.value
  return (
    <>
      <h1 class="sr">{strings.pages.access}</h1>
      <Panel title={strings.yourToken}>
        <TokenForm />
      </Panel>
      {error ? <Failure error={error} /> : view === undefined ? <Loading /> : null}
      {view === undefined || error ? null : <AccessReport view={view} title={strings.whoAmI} />}
      {view?.api_keys?.length && !error ? <ApiKeys keys={view.api_keys} /> : null}
      {view?.is_admin && view.mode !== 'none' && !error ? <CheckToken /> : null}
    </>
  )
}
