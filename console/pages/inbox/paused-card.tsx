/** Card of one paused run, with the form that answers it. */
import { useSignal } from '@preact/signals'
import type { ApiError } from '../../api/http.ts'
import { continueToEnd } from '../../api/runs.ts'
import { LongText } from '../../components/json.tsx'
import { PauseForm } from '../../components/pause/pause-form.tsx'
import { Ago } from '../../components/time.tsx'
import { Badge, Failure, Panel } from '../../components/ui.tsx'
import type { PausedRun } from '../../state/inbox-items.ts'
import { hrefOf } from '../../state/location.ts'
import { apiErrorOf } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { OverNote } from './over-note.tsx'

interface PausedCardProps {
  readonly run: PausedRun
  /** See `InboxItem`. */
  readonly isOver: boolean
  onDone(): void
}

export function PausedCard({ run, isOver, onDone }: PausedCardProps) {
  const isBusy = useSignal(false)
  const failure = useSignal<ApiError | undefined>(undefined)
  const answer = async (decided: Parameters<typeof continueToEnd>[1]) => {
    isBusy.value = true
    failure.value = undefined
    try {
      await continueToEnd(run, decided)
      onDone()
    } catch (error) {
      failure.value = apiErrorOf(error)
    }
    isBusy.value = false
  }
  const { kind, id, sessionId, runId } = run
  const href = hrefOf(`/play/${kind}/${encodeURIComponent(id)}`, { session: sessionId, run: runId })
  return (
    <Panel
      title={
        <>
          <Badge tone="info">{strings.singular[kind]}</Badge> {id}{' '}
          <span class="dim">
            {run.user === '' ? strings.anonymousAsked : strings.userAsked(run.user)}{' '}
            <Ago at={run.createdAt} />
          </span>
        </>
      }
      actions={<a href={href}>{strings.openPlayground}</a>}
    >
      {run.input === '' ? null : (
        <p class="asked">
          <LongText text={run.input} />
        </p>
      )}
      {isOver && !isBusy.value ? <OverNote /> : null}
      <PauseForm
        kind={kind}
        pause={run.pause}
        isBusy={isBusy.value}
        onAnswer={(decided) => void answer(decided)}
      />
      {isBusy.value ? <p role="status">{strings.runGoesOn}</p> : null}
      {failure.value ? <Failure error={failure.value} /> : null}
    </Panel>
  )
}
