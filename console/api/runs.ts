/** Starts, continues, resumes and cancels runs, with AgentOS's forms. */
import type { StreamEvent } from './event-stream.ts'
import { readEvents } from './event-stream.ts'
import { get, send } from './http.ts'
import type { Json, Kind } from './types.ts'
import { SINGULAR } from './types.ts'

export interface Target {
  readonly kind: Kind
  readonly id: string
}

export interface RunStart {
  readonly message: string
  readonly sessionId: string | undefined
  readonly userId: string | undefined
  readonly background: boolean
  readonly files: readonly File[]
  /** Further form fields, such as `output_schema`. */
  readonly fields: Readonly<Record<string, string>>
}

/** Options for following a stream. */
export interface Following {
  readonly signal: AbortSignal
  onOpen(response: Response): void
  onBatch(events: readonly StreamEvent[]): void
}

export const runsPath = ({ kind, id }: Target) => `${kind}/${encodeURIComponent(id)}/runs`

/** Builds the form of a new run. Workflows accept no files. */
export function startForm({ kind }: Target, start: RunStart): FormData | URLSearchParams {
  const form = kind === 'workflows' ? new URLSearchParams() : new FormData()
  const fields: Record<string, string> = {
    message: start.message,
    stream: 'true',
    stream_events: 'true',
    ...(start.background && { background: 'true' }),
    ...(start.sessionId && { session_id: start.sessionId }),
    ...(start.userId && { user_id: start.userId }),
    ...start.fields,
  }
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  if (form instanceof FormData) for (const file of start.files) form.append('files', file)
  return form
}

async function follow(path: string, form: FormData | URLSearchParams, following: Following) {
  const accept = 'text/event-stream'
  const response = await send(path, { form, accept, signal: following.signal })
  following.onOpen(response)
  await readEvents(response, (events) => following.onBatch(events))
}

export function startRun(target: Target, start: RunStart, following: Following): Promise<void> {
  return follow(runsPath(target), startForm(target, start), following)
}

/** An existing run. */
export interface RunRef extends Target {
  readonly runId: string
  readonly sessionId: string | undefined
}

const runPath = (run: RunRef) => `${runsPath(run)}/${encodeURIComponent(run.runId)}`

/** @param decisions the value of AgentOS's field for this kind: tools, requirements or step requirements */
export function continueRun(
  run: RunRef,
  decisions: { readonly field: string; readonly value: unknown } | undefined,
  following: Following,
): Promise<void> {
  const form = new URLSearchParams({ stream: 'true', stream_events: 'true' })
  if (run.sessionId) form.set('session_id', run.sessionId)
  if (decisions) form.set(decisions.field, JSON.stringify(decisions.value))
  return follow(`${runPath(run)}/continue`, form, following)
}

/** Continues a run and reads it to its end: a foreground run continues only while its stream is read. */
export function continueToEnd(
  run: RunRef,
  decisions: Parameters<typeof continueRun>[1],
): Promise<void> {
  const { signal } = new AbortController()
  return continueRun(run, decisions, { signal, onOpen: () => {}, onBatch: () => {} })
}

/** Follows a background run after `lastIndex`; -1 for the whole stream. */
export function resumeRun(run: RunRef, lastIndex: number, following: Following): Promise<void> {
  const form = new URLSearchParams()
  if (lastIndex >= 0) form.set('last_event_index', String(lastIndex))
  if (run.sessionId) form.set('session_id', run.sessionId)
  return follow(`${runPath(run)}/resume`, form, following)
}

export function cancelRun(run: RunRef): Promise<unknown> {
  const query = { session_id: run.sessionId }
  return get<unknown>(`${runPath(run)}/cancel`, { method: 'POST', query })
}

export function getRun(run: RunRef): Promise<Json> {
  return get<Json>(runPath(run), { query: { session_id: run.sessionId } })
}

/** Copies a session, so that the conversation can take another course. Requires AgentOS 3. */
export async function forkSession({ kind, id }: Target, sessionId: string): Promise<string> {
  const path = `${kind}/${encodeURIComponent(id)}/sessions/${encodeURIComponent(sessionId)}/fork`
  const forked = await get<{ session_id?: string }>(path, { method: 'POST' })
  return forked.session_id ?? sessionId
}

/** Type of the sessions of a kind. */
export const sessionType = (kind: Kind) => SINGULAR[kind]
