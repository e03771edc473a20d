/**
 * Defines the store of compositions: sessions, runs, events and journal. Data is durable when a call resolves. A run
 * belongs to one process at a time: writes of a process that no longer owns the run fail with {@link RunTaken}.
 */
import type { Journal, JournalValue } from './journal.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'
import type { EventPosition } from './named-run.ts'

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

/** A stored run. Holds no token of any caller. */
export interface StoredRun {
  readonly runId: string
  readonly sessionId: string
  readonly kind: 'teams' | 'workflows'
  readonly componentId: string
  readonly userId: string | undefined
  readonly status: string
  readonly input: unknown
  /** Its events are kept, and it continues when its caller disconnects. */
  readonly isBackground: boolean
  /** All else that the run was started with, for its replay. Survives JSON. */
  readonly request: Readonly<Record<string, unknown>>
  /** Undefined while the run is in progress. */
  readonly output: MemberOutput | undefined
  /** Its end was requested. */
  readonly isCancelled: boolean
  /** How often a process has taken the run over. */
  readonly takeovers: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** One event of a run. */
export interface StoredEvent {
  /** Position in the run, from 0 without a gap. */
  readonly index: number
  readonly event: ComposedEvent
  readonly position: EventPosition | undefined
}

/** How a paused run continues. */
export interface StoredContinuation {
  /** Replaces the request of the run: another token of the caller may have other claims. */
  readonly request: StoredRun['request']
  /** Entry `continued` of the journal. */
  readonly entry: JournalValue
}

/** Which sessions are wanted. */
export interface SessionQuery {
  readonly kind?: 'teams' | 'workflows' | undefined
  readonly componentId?: string | undefined
  readonly userId?: string | undefined
  /** Part of the name, in any case. */
  readonly name?: string | undefined
  readonly sortBy: 'created_at' | 'updated_at'
  readonly isDescending: boolean
  readonly limit: number
  readonly offset: number
}

/** Another process has taken the run over. */
export class RunTaken extends Error {
  override readonly name = 'RunTaken'
}

/** Stores sessions, runs, their events and their journals. */
export interface ComposeStore {
  /** Data outlives the process. */
  readonly isDurable: boolean
  session(sessionId: string): Promise<StoredSession | undefined>
  sessions(query: SessionQuery): Promise<{
    readonly sessions: readonly StoredSession[]
    readonly total: number
  }>
  /** Writes a session, new or changed. */
  saveSession(session: StoredSession): Promise<void>
  /** Deletes sessions with their runs, events and journals. */
  deleteSessions(sessionIds: readonly string[]): Promise<void>
  run(runId: string): Promise<StoredRun | undefined>
  /** Runs of a session, oldest first. */
  runsOf(sessionId: string): Promise<readonly StoredRun[]>
  /** Writes a new run, which belongs to this process. @returns false when the id is taken */
  createRun(run: StoredRun): Promise<boolean>
  /** Writes the status and the output of a run. @throws {RunTaken} */
  saveRun(run: StoredRun): Promise<void>
  /**
   * Takes over the runs in progress that no process executes.
   *
   * @param live ids of the runs that this process executes
   */
  claim(live: readonly string[]): Promise<readonly StoredRun[]>
  /**
   * Takes over a run that waits for its caller, and stores how it continues in the same transaction.
   *
   * @returns false when it does not wait, or another process was faster
   */
  claimPaused(runId: string, continuation: StoredContinuation): Promise<boolean>
  /** Requests the end of a run, also in the process that executes it after this one. */
  requestCancel(runId: string): Promise<void>
  /** @param listener called with the id of each run of this process whose end is requested */
  onCancelRequest(listener: (runId: string) => void): void
  /** Appends the next event of a run. Events are durable in their order. @throws {RunTaken} */
  appendEvent(runId: string, event: StoredEvent): Promise<void>
  /** Events behind an index, in order. @param after -1 for all */
  events(runId: string, after: number): Promise<readonly ComposedEvent[]>
  /** Number of events, and the last position of each source. */
  positions(runId: string): Promise<{
    readonly count: number
    readonly sent: ReadonlyMap<string, number>
  }>
  /** Deletes the events of a run. */
  dropEvents(runId: string): Promise<void>
  /** @throws {RunTaken} from its `put` */
  journal(runId: string): Promise<Journal>
  /** Deletes sessions whose last change is older, with nothing in progress. @param before seconds since 1970 @returns how many */
  prune(before: number): Promise<number>
  close(): Promise<void>
}

/** Returns whether a run has ended for good. A paused run has not: its caller may continue it. */
export function isEnded(status: string): boolean {
  return status !== 'RUNNING' && status !== 'PAUSED'
}
