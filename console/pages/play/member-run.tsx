/** Shows the run of a team member, or of the agent in a step. */
import type { ComponentChildren } from 'preact'
import { numberIn } from '../../api/types.ts'
import { State } from '../../components/ui.tsx'
import { count, seconds } from '../../state/format.ts'
import type { RunBlock } from '../../state/run-model.ts'
import { strings } from '../../strings.ts'
import { RUN_TONES } from './turn-foot.tsx'

interface MemberRunProps {
  readonly block: RunBlock
  readonly children: ComponentChildren
}

export function MemberRun({ block, children }: MemberRunProps) {
  const { run } = block
  const tokens = numberIn(run.metrics['total_tokens'])
  return (
    <section class="member" aria-label={run.name}>
      <header>
        <b>{run.name}</b> <State tone={RUN_TONES[run.state]}>{strings.runStates[run.state]}</State>{' '}
        <span class="dim">
          {run.endedAt === undefined ? null : seconds((run.endedAt - run.startedAt) / 1000)}
          {tokens === undefined ? null : ` · ${count(tokens)} ${strings.tokenUnit}`}
        </span>
      </header>
      {children}
    </section>
  )
}
