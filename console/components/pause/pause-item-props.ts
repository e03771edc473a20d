/** Properties that the forms of all kinds of question share. */
import type { Decision, PauseItem } from '../../state/pause.ts'

export interface PauseItemProps {
  readonly item: PauseItem
  readonly decision: Decision | undefined
  readonly isBusy: boolean
  onDecide(decision: Decision): void
}
