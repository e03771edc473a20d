/** Basic elements: panels, badges, notices, empty states. */
import type { ComponentChildren } from 'preact'
import type { ApiError } from '../api/http.ts'
import { path } from '../state/location.ts'
import { strings } from '../strings.ts'

interface WithChildren {
  readonly children?: ComponentChildren
}

export function Panel({
  title,
  actions,
  children,
  flush = false,
}: WithChildren & {
  readonly title?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly flush?: boolean
}) {
  return (
    <section class={flush ? 'panel flush' : 'panel'}>
      {title === undefined ? null : (
        <header class="panel-head">
          <h2>{title}</h2>
          {actions === undefined ? null : <div class="actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  )
}

export type Tone = 'good' | 'warn' | 'bad' | 'idle' | 'info'

export function Badge({ tone = 'idle', children }: WithChildren & { readonly tone?: Tone }) {
  return <span class={`badge ${tone}`}>{children}</span>
}

const MARKS: Readonly<Record<Tone, string>> = {
  good: '●',
  warn: '◐',
  bad: '○',
  idle: '○',
  info: '●',
}

/** Shows a state as symbol and word: never by colour alone. */
export function State({ tone, children }: WithChildren & { readonly tone: Tone }) {
  return (
    <span class={`state ${tone}`}>
      <span aria-hidden="true">{MARKS[tone]}</span> {children}
    </span>
  )
}

/** Shows a filter in force; a click removes it. */
export function FilterChip({ children, onRemove }: WithChildren & { onRemove(): void }) {
  return (
    <button type="button" class="chip" onClick={onRemove}>
      {children} ✕<span class="sr"> {strings.removeFilter}</span>
    </button>
  )
}

export function Empty({ children }: WithChildren) {
  return <p class="empty">{children}</p>
}

export function Loading() {
  return (
    <p class="empty" role="status">
      {strings.loading}
    </p>
  )
}

/** Shows the gateway's error message and a remedy. */
export function Failure({ error, onRetry }: { readonly error: ApiError; onRetry?(): void }) {
  const { status, message, missingScopes, requestId } = error
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>{titleOf(error)}</strong>
        {missingScopes === undefined ? ` ${message}` : null}
      </p>
      {missingScopes === undefined ? null : (
        <p>
          {strings.missingScope} <code>{missingScopes}</code>.{' '}
          <a href="#/access">{strings.seeRights}</a>
        </p>
      )}
      {status === 401 && path.value !== '/access' ? (
        <p>
          <a href="#/access">{strings.giveToken}</a>
        </p>
      ) : null}
      <p class="dim">
        {requestId === undefined ? null : (
          <>
            {strings.requestId} <code>{requestId}</code>{' '}
          </>
        )}
        {onRetry === undefined ? null : (
          <button type="button" class="link" onClick={onRetry}>
            {strings.tryAgain}
          </button>
        )}
      </p>
    </div>
  )
}

function titleOf({ status }: ApiError): string {
  if (status === 0) return strings.offline
  if (status === 401) return strings.unauthorized
  if (status === 403) return strings.forbidden
  return `${status}`
}

/** Names the upstreams that are missing in a list. */
export function Missing({
  partial,
  stale = [],
}: {
  readonly partial: readonly string[]
  readonly stale?: readonly string[]
}) {
  if (partial.length + stale.length === 0) return null
  return (
    <p class="notice warn" role="status">
      {partial.length > 0 ? strings.partial(partial.join(', ')) : null}{' '}
      {stale.length > 0 ? strings.stale(stale.join(', ')) : null}
    </p>
  )
}
