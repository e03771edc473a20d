/** Shows one session with its runs. */
import { sessions } from '../../api/data.ts'
import { sourceOf } from '../../api/databases.ts'
import type { SessionRun } from '../../api/types.ts'
import { Id } from '../../components/copy.tsx'
import { JsonTree, LongText } from '../../components/json.tsx'
import { Markdown } from '../../components/markdown.tsx'
import { Clock } from '../../components/time.tsx'
import type { Tone } from '../../components/ui.tsx'
import { Empty, Failure, Loading, Panel, State } from '../../components/ui.tsx'
import { nameOr, preview } from '../../state/format.ts'
import { hrefOf, query } from '../../state/location.ts'
import { usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { ownerOf } from './owner.ts'

const POLL_MS = 10_000

export function SessionDetail({ id }: { readonly id: string }) {
  const type = query.value.get('type') ?? undefined
  const database = query.value.get('db_id') ?? undefined
  const from = sourceOf({ db_id: database })
  const deps = [id, type, database]
  const session = usePolled(() => sessions.get(id, type, from), POLL_MS, deps)
  const runs = usePolled(() => sessions.runs(id, type, undefined, from), POLL_MS, deps)
  const found = session.value.value
  if (found === undefined) {
    return session.error.value ? <Failure error={session.error.value} /> : <Loading />
  }
  const owner = ownerOf(found)
  return (
    <>
      <Panel
        title={nameOr(found.session_name, strings.unnamed)}
        actions={
          owner ? (
            <a
              class="button primary"
              href={hrefOf(`/play/${owner.kind}/${encodeURIComponent(owner.id)}`, { session: id })}
            >
              {strings.openPlayground}
            </a>
          ) : undefined
        }
      >
        <dl class="facts">
          <dt>{strings.id}</dt>
          <dd>
            <Id value={id} chars={40} />
          </dd>
          <dt>{strings.component}</dt>
          <dd>{owner ? `${owner.type} ${owner.id}` : '–'}</dd>
          <dt>{strings.user}</dt>
          <dd>{found.user_id ?? '–'}</dd>
          <dt>{strings.created}</dt>
          <dd>
            <Clock at={found.created_at} />
          </dd>
        </dl>
        <JsonTree
          name={strings.stateAndMetrics}
          value={{ session_state: found.session_state, metrics: found.metrics }}
          open={0}
        />
      </Panel>
      {runs.error.value ? <Failure error={runs.error.value} /> : null}
      <Runs runs={runs.value.value} />
    </>
  )
}

const TONES: Readonly<Record<string, Tone>> = {
  COMPLETED: 'good',
  RUNNING: 'info',
  PENDING: 'info',
  PAUSED: 'warn',
}

function Runs({ runs }: { readonly runs: readonly SessionRun[] | undefined }) {
  if (runs === undefined) return <Loading />
  if (runs.length === 0) return <Empty>{strings.noRuns}</Empty>
  return (
    <>
      {runs.map((run) => (
        <Panel
          key={run.run_id}
          title={
            <>
              <State tone={TONES[String(run.status)] ?? 'bad'}>{String(run.status ?? '')}</State>{' '}
              <Clock at={run.created_at} /> <Id value={run.run_id} />
            </>
          }
          actions={<a href={hrefOf('/data/traces', { run_id: run.run_id })}>{strings.trace}</a>}
        >
          <p class="asked">
            <LongText
              text={
                typeof run.run_input === 'string'
                  ? run.run_input
                  : preview(run.run_input ?? {}, 10_000)
              }
            />
          </p>
          {typeof run.content === 'string' ? (
            <Markdown text={run.content} />
          ) : (
            <JsonTree value={run.content} />
          )}
          <JsonTree
            name={strings.messagesAndMetrics}
            value={{ messages: run.messages, metrics: run.metrics }}
            open={0}
          />
        </Panel>
      ))}
    </>
  )
}
