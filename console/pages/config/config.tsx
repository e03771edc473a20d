/** Page Config: every key in force with its source, the pending changes, and a button to reload. Read-only. */
import { useSignal } from '@preact/signals'
import type { ConfigView } from '../../api/gateway.ts'
import { gateway } from '../../api/gateway.ts'
import type { ApiError } from '../../api/http.ts'
import { Ago } from '../../components/time.tsx'
import { Badge, Failure, Loading, Panel } from '../../components/ui.tsx'
import { apiErrorOf, usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { Changes } from './changes.tsx'
import { Values } from './values.tsx'

const POLL_MS = 5_000

export function Config() {
  const config = usePolled(() => gateway.config(), POLL_MS)
  const failure = useSignal<ApiError | undefined>(undefined)
  const isReloading = useSignal(false)
  const view = config.value.value
  if (view === undefined) {
    return config.error.value ? <Failure error={config.error.value} /> : <Loading />
  }
  const reload = async () => {
    isReloading.value = true
    failure.value = undefined
    try {
      await gateway.reload()
    } catch (error) {
      failure.value = apiErrorOf(error)
    }
    isReloading.value = false
    config.refresh()
  }
  return (
    <>
      <h1 class="sr">{strings.pages.config}</h1>
      <Panel
        title={strings.configuration}
        actions={
          <button
            type="button"
            class="primary"
            disabled={isReloading.value}
            onClick={() => void reload()}
          >
            {strings.reload}
          </button>
        }
      >
        <Facts view={view} />
        {failure.value && view.issues.length === 0 ? <Failure error={failure.value} /> : null}
        <Changes view={view} />
      </Panel>
      <Values values={view.values} />
    </>
  )
}

function Facts({ view }: { readonly view: ConfigView }) {
  const { file, status, issues } = view
  return (
    <dl class="facts">
      <dt>{strings.file}</dt>
      <dd>{file === null ? strings.noFile : <code>{file}</code>}</dd>
      <dt>{strings.inForce}</dt>
      <dd>
        {strings.configVersion(status.version, status.hash)}, <Ago at={status.loaded_at} />
      </dd>
      {status.restart_needed.length === 0 ? null : (
        <>
          <dt>{strings.restart}</dt>
          <dd>
            {status.restart_needed.map((key) => (
              <Badge key={key} tone="warn">
                {key}
              </Badge>
            ))}
          </dd>
        </>
      )}
      {status.error === undefined || issues.length > 0 ? null : (
        <>
          <dt>{strings.refused}</dt>
          <dd class="bad">{status.error.issues.join('; ')}</dd>
        </>
      )}
    </dl>
  )
}
