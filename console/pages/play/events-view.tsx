/** Lists every received event unchanged. */
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { CopyButton } from '../../components/copy.tsx'
import { JsonTree } from '../../components/json.tsx'
import { Empty, Panel } from '../../components/ui.tsx'
import { VirtualList } from '../../components/virtual-list.tsx'
import type { Conversation } from '../../state/conversation.ts'
import type { RawEvent } from '../../state/run-model.ts'
import { strings } from '../../strings.ts'

const ROW_PX = 26

export function EventsView({ conversation }: { readonly conversation: Conversation }) {
  const opened = useSignal<RawEvent | undefined>(undefined)
  const turn = conversation.turns.value.findLast(({ raw }) => raw.length > 0)
  turn?.version.value
  const shown = opened.value
  const data = useMemo(() => (shown ? parsedData(shown.data) : undefined), [shown])
  if (turn === undefined) return <Empty>{strings.noEvents}</Empty>
  return (
    <>
      <Panel
        flush
        title={strings.eventCount(turn.raw.length, turn.received)}
        actions={<CopyButton text={() => asStream(turn.raw)} label={strings.copyAll} />}
      >
        <VirtualList
          items={[...turn.raw]}
          rowHeight={ROW_PX}
          label={strings.events}
          followsEnd
          row={(event) => (
            <button
              type="button"
              class={event === opened.value ? 'raw-event open' : 'raw-event'}
              onClick={() => {
                opened.value = event
              }}
            >
              <span class="dim num">{event.index}</span>
              <span class="dim num">{(event.atMs / 1000).toFixed(2)} s</span>
              <b>{event.name}</b>
              <code class="clip grow">{event.data.slice(0, 300)}</code>
            </button>
          )}
        />
      </Panel>
      {shown === undefined ? null : (
        <Panel title={`${shown.index} ${shown.name}`}>
          <JsonTree value={data} open={2} />
        </Panel>
      )}
    </>
  )
}

function asStream(events: readonly RawEvent[]): string {
  return events.map(({ name, data }) => `event: ${name}\ndata: ${data}\n`).join('\n')
}

function parsedData(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}
