/** Form for a call that runs elsewhere: shows the call to copy, and takes its result. */
import { useSignal } from '@preact/signals'
import { strings } from '../../strings.ts'
import { CopyButton } from '../copy.tsx'
import { JsonTree } from '../json.tsx'
import type { PauseItemProps } from './pause-item-props.ts'

export function ExternalExecution({ item, isBusy, onDecide }: PauseItemProps) {
  const result = useSignal('')
  const args = item.tool?.tool_args ?? {}
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        onDecide({ result: result.value })
      }}
    >
      <JsonTree value={args} open={3} />
      <label class="field">
        <span>{strings.resultOfCall}</span>
        <textarea
          rows={3}
          value={result.value}
          onInput={(event) => {
            result.value = event.currentTarget.value
          }}
        />
      </label>
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy || result.value === ''}>
          {strings.submit}
        </button>
        <CopyButton text={() => JSON.stringify(args, null, 2)} label={strings.copyArguments} />
      </div>
    </form>
  )
}
