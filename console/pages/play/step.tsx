/** Shows a step of a workflow. Parallel steps are side by side. */
import type { ComponentChildren } from 'preact'
import { State } from '../../components/ui.tsx'
import { seconds } from '../../state/format.ts'
import type { StepBlock } from '../../state/run-model.ts'
import { strings } from '../../strings.ts'
import { RUN_TONES } from './turn-foot.tsx'

interface StepProps {
  readonly block: StepBlock
  readonly children: ComponentChildren
}

export function Step({ block, children }: StepProps) {
  const { name, construct, state, note, startedAt, endedAt } = block
  return (
    <section class={`step ${construct.toLowerCase()}`} aria-label={name}>
      <header>
        {construct === 'Step' ? null : <span class="dim">{construct.toLowerCase()}</span>}{' '}
        <b>{name}</b> <State tone={RUN_TONES[state]}>{strings.runStates[state]}</State>{' '}
        <span class="dim">
          {endedAt === undefined ? null : seconds((endedAt - startedAt) / 1000)} {note}
        </span>
      </header>
      <div class="step-body">{children}</div>
    </section>
  )
}
