/** Shows the duration and tokens of a run, links to its trace, and its actions. */
import type { Target } from '../../api/runs.ts'
import { numberIn } from '../../api/types.ts'
import { CopyButton, Id } from '../../components/copy.tsx'
import { Clock } from '../../components/time.tsx'
import type { Tone } from '../../components/ui.tsx'
import { State } from '../../components/ui.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { count, seconds } from '../../state/format.ts'
import { hrefOf } from '../../state/location.ts'
import type { RunState } from '../../state/run-model.ts'
import type { Turn } from '../../state/turn.ts'
import { strings } from '../../strings.ts'

interface TurnFootProps {
  readonly turn: Turn
  readonly target: Target
  readonly conversation: Conversation
  onEdit(): void
}

export const RUN_TONES: Readonly<Record<RunState, Tone>> = {
  running: 'info',
  completed: 'good',
  paused: 'warn',
  cancelled: 'idle',
  error: 'bad',
}

export function TurnFoot({ turn, target, conversation, onEdit }: TurnFootProps) {
  // Read, so that the foot is drawn again with each change of the run.
  turn.version.value
  const { root } = turn.tree
  if (root === undefined) return null
  const isStreaming = turn.isStreaming.value
  return (
    <footer class="turn-foot">
      <State tone={RUN_TONES[root.state]}>{strings.runStates[root.state]}</State>
      {turn.createdAt === undefined ? null : <Clock at={turn.createdAt} />}
      <Metrics turn={turn} />
      <span>
        {strings.run} <Id value={root.id} />
      </span>
      {turn.requestId === '' ? null : (
        <span title={strings.requestId}>
          {strings.request} <Id value={turn.requestId} />
        </span>
      )}
      <a href={hrefOf('/data/traces', { run_id: root.id })}>{strings.trace}</a>
      <span class="grow" />
      {isStreaming ? null : (
        <span class="buttons">
          <CopyButton text={() => answerText(turn)} label={strings.copyAnswer} />
          <button
            type="button"
            class="small"
            disabled={conversation.isBusy.value || turn.message === ''}
            onClick={() => void again(turn, conversation)}
          >
            ↻ {strings.runAgain}
          </button>
          {target.kind === 'workflows' ? null : (
            <button type="button" class="small" title={strings.forkTitle} onClick={onEdit}>
              {strings.editAndFork}
            </button>
          )}
        </span>
      )}
    </footer>
  )
}

function Metrics({ turn }: { readonly turn: Turn }) {
  const { metrics = {} } = turn.tree.root ?? {}
  const input = numberIn(metrics['input_tokens'])
  const output = numberIn(metrics['output_tokens'])
  const duration = numberIn(metrics['duration']) ?? (turn.totalMs ?? 0) / 1000
  return (
    <>
      {turn.firstEventMs === undefined ? null : (
        <span>
          {strings.firstEvent} {seconds(turn.firstEventMs / 1000)}
        </span>
      )}
      {duration === 0 ? null : <span>{seconds(duration)}</span>}
      {input === undefined ? null : (
        <span title={strings.tokensInOut}>
          {count(input)} → {count(output)} {strings.tokenUnit}
        </span>
      )}
    </>
  )
}

function answerText({ tree }: Turn): string {
  const texts = tree.root?.blocks.flatMap((block) => {
    if (block.type === 'text') return [block.text]
    return block.type === 'structured' ? [JSON.stringify(block.value, null, 2)] : []
  })
  return texts?.join('\n\n') ?? ''
}

function again({ message, start }: Turn, conversation: Conversation): Promise<Turn> {
  const base = start ?? { files: [], fields: {}, background: false, userId: undefined }
  return conversation.send({ ...base, message })
}
