/** Lists the sessions of the component: opens, renames, deletes and creates sessions. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { sessions } from '../../api/data.ts'
import { sourceOf } from '../../api/databases.ts'
import type { Target } from '../../api/runs.ts'
import { sessionType } from '../../api/runs.ts'
import type { Session } from '../../api/types.ts'
import { Ago } from '../../components/time.tsx'
import { Empty, Failure } from '../../components/ui.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { nameOr } from '../../state/format.ts'
import { navigate, path } from '../../state/location.ts'
import { apiErrorOf, usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'

const POLL_MS = 15_000
const STORED_MS = 1_500
const PAGE = 30

interface SessionListProps {
  readonly target: Target
  readonly conversation: Conversation
}

export function SessionList({ target, conversation }: SessionListProps) {
  const limit = useSignal(PAGE)
  const list = usePolled(() => sessions.ofComponent(target.kind, target.id, limit.value), POLL_MS, [
    target.id,
    limit.value,
  ])
  const current = conversation.sessionId.value
  useEffect(() => {
    list.refresh()
    // AgentOS stores a session shortly after the last event of its run.
    const later = setTimeout(list.refresh, STORED_MS)
    return () => clearTimeout(later)
  }, [current, conversation.isBusy.value])
  const failure = useSignal(list.error.peek())
  const attempt = (action: Promise<unknown>) =>
    action.then(list.refresh, (error: unknown) => {
      failure.value = apiErrorOf(error)
    })
  const rename = (session: Session) => {
    const { session_id: id, session_name: name } = session
    const next = prompt(strings.newName, name ?? '')
    if (!next) return
    void attempt(sessions.rename(id, sessionType(target.kind), next, sourceOf(session)))
  }
  const remove = (session: Session) => {
    const { session_id: id, session_name: name } = session
    if (!confirm(strings.confirmDelete(nameOr(name, id)))) return
    void attempt(sessions.remove(id, sourceOf(session))).then(() => {
      if (id === current) open('')
    })
  }
  const open = (session: string) =>
    navigate(path.value, { query: { session, talk: session || String(Date.now()) } })
  const { data = [], meta } = list.value.value?.body ?? {}
  return (
    <aside class="sessions" aria-label={strings.data.sessions}>
      <details open={matchMedia('(min-width: 900px)').matches}>
        <summary>
          {strings.data.sessions} <span class="dim">{meta?.total_count ?? ''}</span>
        </summary>
        <button type="button" class="new" onClick={() => open('')}>
          {strings.newSession}
        </button>
        {failure.value ? <Failure error={failure.value} /> : null}
        {list.error.value ? <Failure error={list.error.value} /> : null}
        {data.length === 0 && !list.error.value ? <Empty>{strings.noSessions}</Empty> : null}
        <ul>
          {data.map((session) => (
            <Row
              key={session.session_id}
              session={session}
              isCurrent={session.session_id === current}
              onOpen={() => open(session.session_id)}
              onRename={() => rename(session)}
              onRemove={() => remove(session)}
            />
          ))}
        </ul>
        {meta && meta.total_count > data.length ? (
          <p class="foot">
            {strings.shownOf(data.length, meta.total_count, false)}{' '}
            <button
              type="button"
              class="link"
              onClick={() => {
                limit.value += PAGE
              }}
            >
              {strings.more}
            </button>
          </p>
        ) : null}
      </details>
    </aside>
  )
}

interface RowProps {
  readonly session: Session
  readonly isCurrent: boolean
  onOpen(): void
  onRename(): void
  onRemove(): void
}

function Row({ session, isCurrent, onOpen, onRename, onRemove }: RowProps) {
  const { session_name: name, session_id: id, updated_at: at } = session
  return (
    <li class={isCurrent ? 'current' : undefined}>
      <button type="button" class="link" aria-current={isCurrent} onClick={onOpen}>
        <span class="clip">{nameOr(name, id)}</span>
        <span class="dim">
          <Ago at={at} />
        </span>
      </button>
      <span class="row-actions">
        <button type="button" class="icon" title={strings.rename} onClick={onRename}>
          ✎<span class="sr"> {strings.rename}</span>
        </button>
        <button type="button" class="icon" title={strings.delete} onClick={onRemove}>
          ✕<span class="sr"> {strings.delete}</span>
        </button>
      </span>
    </li>
  )
}
