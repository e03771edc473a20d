/** Shows the input for the reason of a decision. */
import type { Signal } from '@preact/signals'
import { strings } from '../strings.ts'

export function NoteInput({ note }: { readonly note: Signal<string> }) {
  return (
    <input
      class="grow"
      aria-label={strings.note}
      placeholder={strings.notePlaceholder}
      value={note.value}
      onInput={(event) => {
        note.value = event.currentTarget.value
      }}
    />
  )
}
