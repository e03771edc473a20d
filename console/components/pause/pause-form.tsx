/** Form with all questions of a paused run. It is sent when each question has an answer. */
import { useSignal } from '@preact/signals'
import type { Kind } from '../../api/types.ts'
import type { Decision, Decisions } from '../../state/pause.ts'
import { answerFor, itemsIn } from '../../state/pause.ts'
import type { Pause } from '../../state/run-model.ts'
import { strings } from '../../strings.ts'
import { PauseItemForm } from './pause-item.tsx'

interface PauseFormProps {
  readonly kind: Kind
  readonly pause: Pause
  readonly isBusy: boolean
  onAnswer(answer: ReturnType<typeof answerFor> | undefined): void
}

export function PauseForm({ kind, pause, isBusy, onAnswer }: PauseFormProps) {
  const decisions = useSignal<Decisions>({})
  const items = itemsIn(pause)
  const isComplete = items.every(({ key }) => decisions.value[key] !== undefined)
  const submit = (next: Decisions) => onAnswer(answerFor(kind, pause, next))
  const decide = (key: string, decision: Decision) => {
    decisions.value = { ...decisions.value, [key]: decision }
    // With a single question, its own button sends the form.
    if (items.length === 1) submit(decisions.value)
  }
  if (items.length === 0) {
    return (
      <div class="pause">
        <p>
          {strings.pausedElsewhere} <a href="#/inbox">{strings.pages.inbox}</a>
        </p>
        <div class="row">
          <button type="button" disabled={isBusy} onClick={() => onAnswer(undefined)}>
            {strings.continueRun}
          </button>
        </div>
      </div>
    )
  }
  return (
    <section class="pause" aria-label={strings.waitsForYou}>
      {items.map((item) => (
        <PauseItemForm
          key={item.key}
          item={item}
          decision={decisions.value[item.key]}
          isBusy={isBusy}
          onDecide={(decision) => decide(item.key, decision)}
        />
      ))}
      {items.length === 1 ? null : (
        <p class="row">
          <button
            type="button"
            class="primary"
            disabled={!isComplete || isBusy}
            onClick={() => submit(decisions.value)}
          >
            {strings.sendAnswers}
          </button>
          <span class="dim">
            {strings.answered(
              items.filter(({ key }) => decisions.value[key] !== undefined).length,
              items.length,
            )}
          </span>
        </p>
      )}
    </section>
  )
}
