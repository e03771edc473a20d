/** Page Live: open answers and WebSockets, updated continuously. */
import { useSignal } from '@preact/signals'
import type { LiveRun } from '../../api/gateway.ts'
import { gateway } from '../../api/gateway.ts'
import type { ApiError } from '../../api/http.ts'
import { cancelRun } from '../../api/runs.ts'
import type { Kind } from '../../api/types.ts'
import { Empty, Failure, Loading, Panel } from '../../components/ui.tsx'
import { count } from '../../state/format.ts'
import { apiErrorOf } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { LiveTable } from './live-table.tsx'
import { useLiveRuns } from './use-live-runs.ts'

export function Live() {
  const live = useLiveRuns()
  const failure = useSignal<ApiError | undefined>(undefined)
  const attempt = (action: () => Promise<unknown>) => {
    failure.value = undefined
    action().catch((error: unknown) => {
      failure.value = apiErrorOf(error)
    })
  }
  const view = live.value.value
  if (view === undefined) {
    return live.error.value ? <Failure error={live.error.value} /> : <Loading />
  }
  return (
    <>
      <h1 class="sr">{strings.pages.live}</h1>
      {failure.value ? <Failure error={failure.value} /> : null}
      {live.error.value ? <Failure error={live.error.value} /> : null}
      <Panel
        flush={view.runs.length > 0}
        title={strings.underWay(count(view.open), view.processes)}
      >
        {view.runs.length === 0 ? (
          <Empty>{strings.nothingUnderWay}</Empty>
        ) : (
          <LiveTable
            runs={view.runs}
            onCancel={(run) => attempt(() => cancel(run))}
            onDetach={(run) => attempt(() => gateway.detach(run.id))}
          />
        )}
        {view.shown < view.open ? (
          <p class="foot">{strings.shownOf(view.shown, view.open, false)}</p>
        ) : null}
      </Panel>
    </>
  )
}

function cancel({ component, run_id: runId, session_id: sessionId }: LiveRun): Promise<unknown> {
  const [kind = '', ...id] = (component ?? '').split('/')
  return cancelRun({
    kind: kind as Kind,
    id: id.join('/'),
    runId: runId ?? '',
    sessionId: sessionId ?? undefined,
  })
}
