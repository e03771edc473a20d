/** Shows the model's reasoning, folded when it is complete. */
import { textIn } from '../../api/types.ts'
import { LongText } from '../../components/json.tsx'
import { Markdown } from '../../components/markdown.tsx'
import { seconds } from '../../state/format.ts'
import type { ReasoningBlock } from '../../state/run-model.ts'
import { strings } from '../../strings.ts'

export function Reasoning({ block }: { readonly block: ReasoningBlock }) {
  const { text, steps, isOpen, startedAt, endedAt } = block
  return (
    <details class="reasoning" open={isOpen}>
      <summary>
        {strings.reasoning} {steps.length > 0 ? strings.stepCount(steps.length) : ''}{' '}
        <span class="dim">
          {endedAt === undefined || endedAt <= startedAt
            ? null
            : seconds((endedAt - startedAt) / 1000)}
        </span>
      </summary>
      {steps.map((step, index) => (
        <p key={index}>
          <b>{textIn(step['title'])}</b>{' '}
          <LongText text={textIn(step['reasoning']) || textIn(step['result'])} />
        </p>
      ))}
      {text === '' ? null : <Markdown text={text} isOpen={isOpen} />}
    </details>
  )
}
