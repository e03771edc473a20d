/** Decides which stored sessions and runs a caller may use. */
import { scopesIn } from '../src/auth/access.ts'
import type { StoredRun, StoredSession } from '../src/compose/store.ts'
import type { Caller } from './caller.ts'

/** The part of the gateway's configuration that gives a caller the sessions of all users. */
export interface AdminScope {
  readonly scopesClaim: string
  readonly adminScope: string
}

/**
 * The only user whose sessions a caller sees; undefined for a caller without a subject, and for an administrator. The
 * gateway has verified the token.
 */
export function onlyUser({ subject, claims }: Caller, admin: AdminScope): string | undefined {
  const isAdmin = scopesIn(claims?.[admin.scopesClaim]).includes(admin.adminScope)
  return isAdmin ? undefined : subject
}

/** Returns whether a session or run belongs to the user. */
export function belongsTo(
  owned: Pick<StoredSession | StoredRun, 'userId'>,
  user: string | undefined,
): boolean {
  return user === undefined || owned.userId === user
}

/** A component of the composer. */
export type ComposedId = Pick<StoredRun, 'kind' | 'componentId'>

/** Returns whether a run is one of the component. A scope for one component gives no access to the runs of another. */
export function isRunOf(run: StoredRun, { kind, componentId }: ComposedId): boolean {
  return run.kind === kind && run.componentId === componentId
}
