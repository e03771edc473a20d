/** Decides about the rights of a token by its scopes and AgentOS's rules. */
import type { ComponentKind } from '../../config/types.ts'

/** The scope that grants everything. `auth.admin_scope` can rename it. */
export const ADMIN_SCOPE = 'agent_os:admin'

/** Earlier names of resources, kept for tokens issued under them. */
const LEGACY: Readonly<Record<string, string>> = { system: 'config' }

/** A parsed scope. */
export interface Scope {
  readonly resource: string
  /** Undefined for all ids. */
  readonly id: string | undefined
  readonly action: string
}

interface GrantedScope extends Scope {
  /** The scope as written in the token. */
  readonly text: string
}

/** A component as a scope can name it. With an `id` of null no scope names it. */
export interface NamedComponent {
  readonly kind: ComponentKind
  readonly id: string | null
}

/**
 * The scopes of one token: `resource:action`, `resource:<id>:action`, `resource:*:action` and the admin scope. Anything else
 * grants nothing.
 *
 * @see AgentOS `agno/os/scopes.py`, `has_required_scopes`
 */
export class Access {
  readonly isAdmin: boolean
  /** The scopes as written in the token. */
  readonly scopes: readonly string[]
  readonly #granted: readonly GrantedScope[]

  constructor(scopes: readonly string[], adminScope = ADMIN_SCOPE) {
    this.scopes = scopes
    this.isAdmin = scopes.includes(adminScope)
    this.#granted = scopes.flatMap((text) => {
      const scope = parseScope(text)
      return scope === undefined ? [] : [{ ...scope, text }]
    })
  }

  /**
   * Returns whether the token holds a scope that a route requires.
   *
   * @param required such as `agents:run`
   * @param component component of the route: a scope for this one is enough
   */
  has(required: string, component?: NamedComponent): boolean {
    return this.isAdmin || this.grantOf(required, component) !== undefined
  }

  /** The scope of the token, as written, that grants a required scope. The admin scope is not among them. */
  grantOf(required: string, component?: NamedComponent): string | undefined {
    const wanted = parseScope(required)
    if (wanted === undefined) return undefined
    const isOwn = component?.kind === wanted.resource
    const granted = this.#granted.find(
      ({ resource, id, action }) =>
        resource === wanted.resource &&
        action === wanted.action &&
        (id === undefined || (isOwn && id === component.id)),
    )
    return granted?.text
  }

  /** Returns whether the token may read at least one component of a kind. */
  readsSome(kind: ComponentKind): boolean {
    if (this.isAdmin) return true
    return this.#granted.some(({ resource, action }) => resource === kind && action === 'read')
  }
}

/** @returns undefined for any other form, such as too many parts or an empty one; such a scope grants nothing */
export function parseScope(scope: string): Scope | undefined {
  const parts = scope.split(':')
  const [first = '', second = '', third] = parts
  if (parts.includes('')) return undefined
  const resource = LEGACY[first] ?? first
  if (parts.length === 2) return { resource, id: undefined, action: second }
  if (parts.length !== 3 || third === undefined) return undefined
  return { resource, id: second === '*' ? undefined : second, action: third }
}

/** Reads the scopes of a claim: a list, or text separated by blanks. Any other value holds none. */
export function scopesIn(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '')
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === 'string') : []
}
