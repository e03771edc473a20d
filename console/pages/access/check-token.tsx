/** Form that explains another token, for administrators. The token is sent once and never stored. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { AccessView } from '../../api/access.ts'
import { gateway } from '../../api/gateway.ts'
import type { ApiError } from '../../api/http.ts'
import { Failure, Panel } from '../../components/ui.tsx'
import { apiErrorOf } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { AccessReport } from './access-report.tsx'

export function CheckToken() {
  const draft = useSignal('')
  const report = useSignal<AccessView | undefined>(undefined)
  const failure = useSignal<ApiError | undefined>(undefined)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.scrollIntoView(), [report.value])
  const submit = async (event: Event) => {
    event.preventDefault()
    failure.value = undefined
    report.value = undefined
    try {
      report.value = await gateway.accessOf(draft.value.trim())
      draft.value = ''
    } catch (error) {
      failure.value = apiErrorOf(error)
    }
  }
  return (
    <>
      <Panel title={strings.checkToken}>
        <form class="row" onSubmit={(event) => void submit(event)}>
          <input
            type="password"
            class="grow"
            autocomplete="off"
            aria-label={strings.checkToken}
            placeholder={strings.tokenPlaceholder}
            value={draft.value}
            onInput={(event) => {
              draft.value = event.currentTarget.value
            }}
          />
          <button type="submit" disabled={draft.value.trim() === ''}>
            {strings.check}
          </button>
        </form>
        {failure.value ? <Failure error={failure.value} /> : null}
      </Panel>
      {report.value ? (
        <div ref={box} class="stack">
          <AccessReport view={report.value} title={strings.thatToken} />
        </div>
      ) : null}
    </>
  )
}
