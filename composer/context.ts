/** Defines the context that the composer's routes share. */
import type { FastifyRequest } from 'fastify'
import type { ComposedComponent } from '../src/compose/composed-component.ts'
import type { ComposeStore, StoredRun } from '../src/compose/store.ts'
import type { AdminScope } from './access.ts'
import type { Caller } from './caller.ts'
import type { Definitions } from './definitions.ts'
import type { MemberSessions } from './member-sessions.ts'
import type { RunRequest } from './run-request.ts'
import type { Continuation, LiveRun, Runs } from './runs.ts'

export interface ComposerContext {
  readonly store: ComposeStore
  readonly runs: Runs
  readonly memberSessions: MemberSessions
  /** Id of the composer in `/config` and `/info`, and of its database. */
  readonly id: string
  /** The definitions in force. */
  definitions(): Definitions
  /** The only user whose sessions the caller of a request may use; undefined for no limit. */
  userOf(request: Pick<FastifyRequest, 'headers'>): string | undefined
  readonly admin: AdminScope
  /** Returns a run of a component that the caller may use. @throws {HttpError} 404 */
  ownRun(runId: string, component: ComposedComponent, caller: Caller): Promise<StoredRun>
  /** Starts a run. @throws {HttpError} 404 for the session of another user, 409 for an id that exists */
  start(request: RunRequest): Promise<LiveRun>
  /** Continues a paused run. @throws {HttpError} 409 for a run that is not paused */
  continue(
    run: StoredRun,
    component: ComposedComponent,
    continuation: Continuation,
  ): Promise<LiveRun>
  /** Digest of the definition of a component. */
  version(kind: 'teams' | 'workflows', id: string): string
  /** @throws {HttpError} 404 in AgentOS's words */
  component(kind: 'teams' | 'workflows', id: string): ComposedComponent
}
