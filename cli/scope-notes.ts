/** Finds scopes of a token that grant nothing, and suggests the intended scope. */
import { nearest } from '../config/nearest.ts'
import { ADMIN_SCOPE, parseScope } from '../src/auth/access.ts'
import { ROUTE_SCOPES } from '../src/authorization/route-scopes.ts'

/** Resources whose scopes may name one component. */
const NAMEABLE = new Set(['agents', 'teams', 'workflows'])

/** Scopes in AgentOS's table, such as `agents:run`. */
function knownScopes(): string[] {
  const needed = ROUTE_SCOPES.trim()
    .split('\n')
    .flatMap((line) => line.split(' ').slice(2))
  return [...new Set(needed)]
}

/**
 * @param scopes as given on the command line
 * @param adminScope of the configuration; default AgentOS's
 */
export function scopeNotes(scopes: readonly string[], adminScope = ADMIN_SCOPE): string[] {
  const known = knownScopes()
  return scopes.flatMap((scope) => {
    const plain = plainScope(scope)
    if (scope === adminScope || (known.includes(plain) && isOfKnownForm(scope))) return []
    const found = nearest(plain, [...known, adminScope])
    const meant = found === undefined ? '' : `; did you mean ${withId(found, scope)}?`
    return [`the scope ${scope} grants nothing${meant}`]
  })
}

function isOfKnownForm(scope: string): boolean {
  const { resource, id } = parseScope(scope) ?? {}
  return resource !== undefined && (id === undefined || NAMEABLE.has(resource))
}

/** Returns the scope without its component id, under the current name of the resource. */
function plainScope(scope: string): string {
  const { resource, action } = parseScope(scope) ?? {}
  return resource === undefined ? scope : `${resource}:${action}`
}

function withId(found: string, scope: string): string {
  const [resource = '', action = ''] = found.split(':')
  const [, id, last] = scope.split(':')
  const isNamed = last !== undefined && NAMEABLE.has(resource)
  return isNamed ? `${resource}:${id}:${action}` : found
}
