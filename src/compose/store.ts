/**
 * Defines the store of compositions: sessions, runs, events and journal. Calls are synchronous: data is durable when a
 * call returns, so a run never sends an event before it is stored.
 */
import type { Journal } from './journal.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'

/** A stored session. Times are seconds since 1970. */
export interface StoredSession {
  readonly sessionId: string
  readonly kind: 'teams' | 'workflows'
  readonly componentId: string
  readonly userId: string | undefined
  /** Undefined until a client names the session. */
  readonly name: string | undefined
  readonly state: Readonly<Record<string, unknown>>
  readonly createdAt: number
  readonly updatedAt: number
}

/** A stored run. It contains no caller's token. */
export interface StoredRun {
  readonly runId: string
  readonly sessionId: string
  readonly kind: 'teams' | 'workflows'
  readonly componentId: string
  readonly userId: string | undefined
  readonly status: string
  readonly input: unknown
  readonly isBackground: boolean
  /** Undefined while the run is in progress. */
  readonly output: MemberOutput | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** Filter of sessions. */
export interface SessionQuery {
  readonly kind?: 'teams' | 'workflows' | undefined
  readonly componentId?: string | undefined
  readonly userId?: string | undefined
  /** Part of the name, case-insensitive. */
  readonly name?: string | undefined
  readonly sortBy: 'created_at' | 'updated_at'
  readonly isDescending: boolean
  readonly limit: number
  readonly offset: number
}

/** Stores sessions, runs, events and journals. */
export interface ComposeStore {
  session(sessionId: string): StoredSession | undefined
  sessions(query: SessionQuery): {
    readonly sessions: readonly StoredSession[]
    readonly total: number
  }
  /** Writes a session, new or changed. */
  saveSession(session: StoredSession): void
  /** Deletes sessions with their runs, events and journals. */
  deleteSessions(sessionIds: readonly string[]): void
  run(runId: string): StoredRun | undefined
  /** Runs of a session, oldest first. */
  runsOf(sessionId: string): readonly StoredRun[]
  /** Runs that were in progress when their process ended. */
  unfinished(): readonly StoredRun[]
  /** Writes a run, new or changed. */
  saveRun(run: StoredRun): void
  /** Appends the next event of a background run. */
  appendEvent(runId: string, index: number, event: ComposedEvent): void
  /** Events after an index, in order. @param after -1 for all */
  events(runId: string, after: number): readonly ComposedEvent[]
  journal(runId: string): Journal
  /**
   * Deletes sessions that were last changed before a time. @param before seconds since 1970 @returns number of deleted
   * sessions
   */
  prune(before: number): number
  close(): void
}
