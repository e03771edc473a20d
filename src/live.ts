/** Lists the answers and WebSockets in progress for `GET /gateway/live`, from state that the relays keep anyway. */
import type { Caller } from './auth/caller.ts'
import type { Gateway } from './gateway.ts'
import { Relay } from './relay/relay.ts'
import type { RequestContext } from './request-context.ts'
import { ClientConnection } from './socket/client-connection.ts'

/** The listed members of a request. */
export interface ListedRequest {
  readonly id: string
  readonly method: string
  readonly ip: string
  readonly raw: { readonly url?: string | undefined }
  readonly caller: Caller
  readonly context: RequestContext
  readonly gateway: Gateway
}

/** Most entries of one process; with more, the oldest are listed. */
const MOST_LISTED = 500

export type LiveEntry = ReturnType<typeof relayEntry> | ReturnType<typeof socketEntry>

/** The answers and WebSockets of one process. Plain data, because it is sent over IPC. */
export interface ProcessLive {
  readonly open: number
  readonly entries: readonly LiveEntry[]
}

/** @param now `performance.now()` */
export function processLive(open: Iterable<object>, now: number): ProcessLive {
  const entries: LiveEntry[] = []
  for (const one of open) {
    if (one instanceof Relay) {
      const request = one.request as ListedRequest | undefined
      if (request) entries.push(relayEntry(one, request, now))
    } else if (one instanceof ClientConnection) {
      const request = one.request as ListedRequest | undefined
      if (request) entries.push(socketEntry(one, request, now))
    }
  }
  const oldest = entries.toSorted((a, b) => b.age_seconds - a.age_seconds).slice(0, MOST_LISTED)
  return { open: entries.length, entries: oldest }
}

/** One list for all processes. */
export function joinedLive(all: readonly ProcessLive[]) {
  const runs = all
    .flatMap(({ entries }) => entries)
    .toSorted((a, b) => b.age_seconds - a.age_seconds)
    .slice(0, MOST_LISTED)
  return {
    at: new Date().toISOString(),
    open: all.reduce((sum, { open }) => sum + open, 0),
    shown: runs.length,
    processes: all.length,
    runs,
  }
}

function common({ id, method, ip, raw, context }: ListedRequest, now: number, caller: Caller) {
  return {
    id,
    pid: process.pid,
    method,
    // Query values can hold user data and, in some clients, tokens.
    path: raw.url?.split('?')[0] ?? '',
    component: context.component ?? null,
    upstream: context.upstream ?? null,
    user: caller.claims?.sub ?? null,
    key: caller.key ?? null,
    client: ip,
    age_seconds: seconds(now - context.startedAtMs),
    session_id: context.sessionId ?? null,
  }
}

function relayEntry(relay: Relay, request: ListedRequest, now: number) {
  const { outcome, silentTicks, isDetached } = relay
  const { firstEventAtMs, events, bytes, runId, isEventStream } = outcome
  const { startedAtMs } = request.context
  return {
    ...common(request, now, request.caller),
    type: isEventStream ? 'stream' : 'request',
    first_event_seconds: firstEventAtMs === 0 ? null : seconds(firstEventAtMs - startedAtMs),
    idle_seconds: seconds(silentTicks * request.gateway.ticker.periodMs),
    events,
    bytes,
    run_id: runId ?? null,
    detached: isDetached,
  }
}

function socketEntry(connection: ClientConnection, request: ListedRequest, now: number) {
  const { writer } = connection
  return {
    ...common(request, now, connection.caller),
    type: 'websocket',
    first_event_seconds: null,
    idle_seconds: 0,
    events: writer.frames,
    bytes: writer.bytes,
    run_id: null,
    detached: connection.isReadOn,
  }
}

const seconds = (ms: number) => Math.round(ms) / 1000
