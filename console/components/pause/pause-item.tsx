/** Shows one question of a paused run: the asking member, the call, and the form for its kind. */
import { strings } from '../../strings.ts'
import { Badge } from '../ui.tsx'
import { Confirmation } from './confirmation.tsx'
import { ExternalExecution } from './external-execution.tsx'
import type { PauseItemProps } from './pause-item-props.ts'
import { RouteChoice, UserFeedback } from './user-feedback.tsx'
import { UserInput } from './user-input.tsx'

export function PauseItemForm(props: PauseItemProps) {
  const { item, decision } = props
  return (
    <div class="pause-item">
      <header>
        <span aria-hidden="true">⚑</span> <strong>{strings.pauseKinds[item.kind]}</strong>{' '}
        <code>{item.title}</code>{' '}
        {item.asker === '' ? null : <span class="dim">{strings.askedBy(item.asker)}</span>}
        {decision === undefined ? null : <Badge tone="good">{strings.decided}</Badge>}
      </header>
      {item.message === '' ? null : <p>{item.message}</p>}
      <Fields {...props} />
    </div>
  )
}

function Fields(props: PauseItemProps) {
  switch (props.item.kind) {
    case 'user_input':
    case 'step_input':
      return <UserInput {...props} />
    case 'user_feedback':
      return <UserFeedback {...props} />
    case 'external_execution':
      return <ExternalExecution {...props} />
    case 'step_route':
      return <RouteChoice {...props} />
    default:
      return <Confirmation {...props} />
  }
}
