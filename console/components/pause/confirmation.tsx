/** Form that approves or rejects a call, a step or an output; arguments and text outputs can be edited. */
import { useSignal } from '@preact/signals'
import { objectIn } from '../../api/types.ts'
import { strings } from '../../strings.ts'
import { JsonTree } from '../json.tsx'
import { NoteInput } from '../note-input.tsx'
import type { PauseItemProps } from './pause-item-props.ts'

export function Confirmation({ item, isBusy, onDecide }: PauseItemProps) {
  const note = useSignal('')
  const draft = useSignal<string | undefined>(undefined)
  const args = item.tool?.tool_args ?? undefined
  const review = objectIn(item.step?.['step_output'])['content']
  const isText = args === undefined && typeof review === 'string'
  const edited = draft.value === undefined || isText ? undefined : parsed(draft.value)
  const isInvalid = draft.value !== undefined && !isText && edited === undefined
  const approve = () =>
    onDecide({
      isApproved: true,
      note: note.value,
      ...(edited && { args: edited }),
      ...(isText && draft.value !== undefined && { result: draft.value }),
    })
  return (
    <>
      {draft.value === undefined ? (
        args === undefined ? null : (
          <JsonTree value={args} open={3} />
        )
      ) : (
        <textarea
          class="code"
          rows={6}
          aria-label={isText ? strings.output : strings.arguments}
          aria-invalid={isInvalid}
          value={draft.value}
          onInput={(event) => {
            draft.value = event.currentTarget.value
          }}
        />
      )}
      {review === undefined || draft.value !== undefined ? null : <JsonTree value={review} />}
      <div class="row">
        <button type="button" class="primary" disabled={isBusy || isInvalid} onClick={approve}>
          {strings.approve}
        </button>
        <button
          type="button"
          class="danger"
          disabled={isBusy}
          onClick={() => onDecide({ isApproved: false, note: note.value })}
        >
          {strings.reject}
        </button>
        {(args === undefined && !isText) || draft.value !== undefined ? null : (
          <button
            type="button"
            onClick={() => {
              draft.value = isText ? String(review) : JSON.stringify(args, null, 2)
            }}
          >
            {isText ? strings.editOutput : strings.editArguments}
          </button>
        )}
        <NoteInput note={note} />
      </div>
    </>
  )
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
