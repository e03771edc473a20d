/**
 * Reports the rights of a caller: its claims, the key that verified them, and its permissions. Contains no token, no key
 * and no digest of a key.
 */

import type { ApiKeyConfig, AuthConfig, BudgetConfig } from '../../config/types.ts'
import { Access } from '../auth/access.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Caller } from '../auth/caller.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { COMPONENT_KINDS } from '../catalogue/catalogue.ts'
import { ROUTE_SCOPES } from './route-scopes.ts'

/** Every scope that a route of AgentOS asks for. */
const KNOWN_SCOPES = [
  ...new Set(ROUTE_SCOPES.split('\n').flatMap((line) => line.split(' ').slice(2))),
].toSorted()

/** The gateway state that a report needs. */
export interface ReportScope {
  readonly auth: AuthConfig
  readonly catalogue: Catalogue
  readonly authenticator: Authenticator
  readonly budgets: readonly BudgetConfig[]
}

export function accessReport(
  caller: Caller,
  { auth, catalogue, authenticator, budgets }: ReportScope,
) {
  const { claims, scopes } = caller
  const own = new Access(scopes, auth.adminScope)
  const isAdmin = auth.mode === 'none' || caller.kind === 'root' || own.isAdmin
  const enforced = caller.access
  const may = (scope: string) => (enforced === null ? true : enforced.has(scope))
  return {
    mode: auth.mode,
    /** Scopes are enforced. */
    authorization: auth.authorization || caller.key !== undefined,
    caller: caller.kind,
    subject: claims?.sub ?? null,
    /** Name of the caller's API key. */
    api_key: caller.key ?? null,
    is_admin: isAdmin,
    claims,
    key: claims ? (authenticator.keyOf(claims) ?? null) : null,
    expires_at: expiryOf(claims?.['exp']),
    scopes: KNOWN_SCOPES.map((scope) => ({ scope, granted: may(scope) })),
    unknown_scopes: scopes.filter((scope) => scope !== auth.adminScope && !isKnown(scope)),
    components: Object.fromEntries(
      COMPONENT_KINDS.map((kind) => [kind, componentCounts(catalogue, caller, kind)]),
    ),
    /** All API keys, for administrators only. */
    api_keys: isAdmin ? auth.apiKeys.map(keyEntry) : null,
    /** Names of the budgets in force, for administrators only. */
    budgets: isAdmin ? budgets.map(({ name }) => name) : null,
  }
}

/** The public part of a key: no digest. */
function keyEntry({ name, user, scopes, expiresAtMs }: ApiKeyConfig) {
  return {
    name,
    user: user ?? null,
    scopes,
    expires_at: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
    is_expired: expiresAtMs !== undefined && expiresAtMs <= Date.now(),
  }
}

function componentCounts(
  catalogue: Catalogue,
  { access }: Caller,
  kind: (typeof COMPONENT_KINDS)[number],
) {
  const ids = [...catalogue.remotes(kind)].map(({ id }) => id)
  const count = (action: string) =>
    access === null
      ? ids.length
      : ids.filter((id) => access.has(`${kind}:${action}`, { kind, id })).length
  return { total: ids.length, read: count('read'), run: count('run') }
}

/** `agents:<id>:run` counts as `agents:run`. */
function isKnown(scope: string): boolean {
  const parts = scope.split(':')
  const plain = parts.length === 3 ? `${parts[0]}:${parts[2]}` : scope
  return KNOWN_SCOPES.includes(plain.replace(/^system:/, 'config:'))
}

function expiryOf(exp: unknown): string | null {
  return typeof exp === 'number' && Number.isFinite(exp) && Math.abs(exp) < 8.64e12
    ? new Date(exp * 1000).toISOString()
    : null
}
