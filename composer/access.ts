/** Decides which stored sessions and runs a caller may use. */
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
  const scopes = claims?.[admin.scopesClaim]
  const isAdmin = Array.isArray(scopes) && scopes.includes(admin.adminScope)
  return isAdmin ? undefined : subject
}

/** Returns whether a session or run belongs to the user. */
export function belongsTo(
  owned: Pick<StoredSession | StoredRun, 'userId'>,
  user: string | undefined,
): boolean {
  return user === undefined || owned.userId === user
}
