/** Shows a tool call: arguments, state, result. */
import { useMemo, useState } from 'preact/hooks'
import { numberIn, objectIn } from '../../api/types.ts'
import { JsonTree, LongText } from '../../components/json.tsx'
import type { Tone } from '../../components/ui.tsx'
import { State } from '../../components/ui.tsx'
import { preview, seconds } from '../../state/format.ts'
import type { ToolBlock, ToolState } from '../../state/run-model.ts'
import { strings } from '../../strings.ts'

const TONES: Readonly<Record<ToolState, Tone>> = {
  running: 'info',
  done: 'good',
  error: 'bad',
  waiting: 'warn',
  rejected: 'idle',
}

interface ToolCallProps {
  readonly block: ToolBlock
  /** The block is changed in place: a component with hooks is drawn again only where a property changes. */
  readonly rev: number
}

export function ToolCall({ block }: ToolCallProps) {
  const { tool, state, startedAt, endedAt } = block
  const [isOpen, setOpen] = useState(false)
  const measured = numberIn(objectIn(tool['metrics'])['duration'])
  const took = measured ?? (endedAt === undefined ? undefined : (endedAt - startedAt) / 1000)
  return (
    <details class="tool" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <code class="clip">
          {tool.tool_name?.slice(0, LONGEST_SUMMARY)}({summaryOf(tool.tool_args)})
        </code>{' '}
        <State tone={TONES[state]}>{strings.toolStates[state]}</State>{' '}
        <span class="dim">{took === undefined || took <= 0 ? null : seconds(took)}</span>
      </summary>
      {isOpen ? (
        <>
          <h4>{strings.arguments}</h4>
          <JsonTree value={tool.tool_args ?? {}} open={2} />
          {tool.result == null ? null : (
            <>
              <h4>{strings.result}</h4>
              <Result text={String(tool.result)} />
            </>
          )}
          {tool.confirmation_note ? (
            <p class="dim">
              {strings.note}: {tool.confirmation_note}
            </p>
          ) : null}
        </>
      ) : null}
    </details>
  )
}

function Result({ text }: { readonly text: string }) {
  const value = useMemo(() => parsed(text), [text])
  if (value !== undefined) return <JsonTree value={value} open={1} />
  return (
    <pre class="code">
      <LongText text={text} />
    </pre>
  )
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const LONGEST_SUMMARY = 120

function summaryOf(args: unknown): string {
  const text = Object.entries(objectIn(args))
    .map(([name, value]) => `${name}=${preview(value, LONGEST_SUMMARY)}`)
    .join(', ')
  return text.length > LONGEST_SUMMARY ? `${text.slice(0, LONGEST_SUMMARY)}…` : text
}
