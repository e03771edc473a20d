/** Shows one trace: its spans as a tree beside a timeline. The payload of a span is rendered when it is opened. */
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { traces } from '../../api/data.ts'
import type { TraceNode } from '../../api/types.ts'
import { textIn } from '../../api/types.ts'
import { Id } from '../../components/copy.tsx'
import { JsonTree, LongText } from '../../components/json.tsx'
import { Badge, Failure, Loading, Panel, State } from '../../components/ui.tsx'
import { VirtualList } from '../../components/virtual-list.tsx'
import { duration } from '../../state/format.ts'
import { hrefOf, query } from '../../state/location.ts'
import { usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import type { SpanRow } from './span-rows.ts'
import { spanRows } from './span-rows.ts'

const POLL_MS = 600_000
const ROW_PX = 26
/** Spans below this depth are indented no further: their names would not be visible. */
const DEEPEST_INDENT = 16

export function TraceDetail({ id }: { readonly id: string }) {
  const runId = query.value.get('run_id') ?? undefined
  const database = query.value.get('db_id') ?? undefined
  const trace = usePolled(() => traces.get(id, { run_id: runId, db_id: database }), POLL_MS, [
    id,
    runId,
    database,
  ])
  const found = trace.value.value
  const rows = useMemo(() => spanRows(found?.tree ?? []), [found])
  const opened = useSignal<TraceNode | undefined>(undefined)
  if (found === undefined) {
    return trace.error.value ? <Failure error={trace.error.value} /> : <Loading />
  }
  const { name, status, total_spans: total, session_id: session } = found
  return (
    <>
      <Panel
        title={
          <>
            {name} <State tone={status === 'OK' ? 'good' : 'bad'}>{status}</State>{' '}
            {duration(found.duration)}
          </>
        }
        actions={
          <span class="dim">
            {strings.spanCount(total)} <Id value={id} />{' '}
            {session ? (
              <a
                href={hrefOf(`/data/sessions/${encodeURIComponent(session)}`, { db_id: database })}
              >
                {strings.session}
              </a>
            ) : null}
          </span>
        }
        flush
      >
        <VirtualList
          items={rows}
          rowHeight={ROW_PX}
          label={strings.spans}
          row={(row) => (
            <Span
              row={row}
              isOpen={row.node === opened.value}
              onOpen={() => {
                opened.value = row.node
              }}
            />
          )}
        />
      </Panel>
      {opened.value === undefined ? null : <Payload node={opened.value} />}
    </>
  )
}

interface SpanProps {
  readonly row: SpanRow
  readonly isOpen: boolean
  onOpen(): void
}

function Span({ row, isOpen, onOpen }: SpanProps) {
  const { node, depth, left, width } = row
  const isBad = node.status === 'ERROR'
  return (
    <button type="button" class={isOpen ? 'span open' : 'span'} onClick={onOpen}>
      <span
        class="span-name"
        style={{ paddingInlineStart: `${Math.min(depth, DEEPEST_INDENT) * 14}px` }}
      >
        <Badge tone={isBad ? 'bad' : 'info'}>{node.type}</Badge> {node.name}
      </span>
      <span class="span-bar" aria-hidden="true">
        <i
          class={isBad ? 'bad' : undefined}
          style={{ left: `${left}%`, width: `${Math.max(0.4, width)}%` }}
        />
      </span>
      <span class="span-time">{duration(node.duration)}</span>
    </button>
  )
}

function Payload({ node }: { readonly node: TraceNode }) {
  const { name, input, output, error, metadata, extra_data: extra } = node
  return (
    <Panel title={name}>
      {textIn(error) === '' ? null : (
        <p class="notice bad">
          <LongText text={textIn(error)} />
        </p>
      )}
      {[
        [strings.input, input],
        [strings.output, output],
      ].map(([label, value]) =>
        textIn(value) === '' ? null : (
          <section key={String(label)}>
            <h3>{String(label)}</h3>
            <pre class="code">
              <LongText text={textIn(value)} />
            </pre>
          </section>
        ),
      )}
      {metadata || extra ? (
        <JsonTree name={strings.details} value={{ metadata, extra_data: extra }} open={2} />
      ) : null}
    </Panel>
  )
}
