/** Shows that a card of the inbox was decided elsewhere. The card stays until the next search that the reader asks for. */
import { strings } from '../../strings.ts'

export function OverNote() {
  return (
    <p class="notice warn" role="status">
      {strings.waitsNoLonger}
    </p>
  )
}
