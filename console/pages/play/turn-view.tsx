/** Shows one question and its answer. */
import type { Target } from '../../api/runs.ts'
import { LongText } from '../../components/json.tsx'
import { PauseForm } from '../../components/pause/pause-form.tsx'
import { Failure } from '../../components/ui.tsx'
import type { Conversation } from '../../state/conversation.ts'
import type { Turn } from '../../state/turn.ts'
import { strings } from '../../strings.ts'
import { AttachedFiles } from './attached-files.tsx'
import { Blocks } from './blocks.tsx'
import { TurnFoot } from './turn-foot.tsx'

interface TurnViewProps {
  readonly turn: Turn
  readonly target: Target
  readonly conversation: Conversation
  onEdit(): void
}

export function TurnView({ turn, target, conversation, onEdit }: TurnViewProps) {
  // Subscribes to changes of the run.
  turn.version.value
  const { root, pause } = turn.tree
  const isStreaming = turn.isStreaming.value
  return (
    <article class="turn">
      {turn.message === '' ? null : (
        <div class="asked">
          <p>
            <LongText text={turn.message} />
          </p>
          <AttachedFiles files={turn.start?.files ?? []} />
        </div>
      )}
      <div class="answer">
        {root === undefined ? (
          isStreaming ? (
            <p class="dim">{strings.waitingForFirst}</p>
          ) : turn.error.value ? null : (
            <p class="dim">{strings.cancelled}</p>
          )
        ) : (
          <Blocks blocks={root.blocks} rev={turn.version.value} />
        )}
        {pause && !isStreaming ? (
          <PauseForm
            kind={target.kind}
            pause={pause}
            isBusy={conversation.isBusy.value}
            onAnswer={(answer) => void turn.continue(answer)}
          />
        ) : null}
        {turn.error.value ? <Failure error={turn.error.value} /> : null}
        <TurnFoot turn={turn} target={target} conversation={conversation} onEdit={onEdit} />
      </div>
    </article>
  )
}
