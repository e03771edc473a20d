/** What the scopes of a token let their bearer do, by AgentOS's rules. */
import type { ComponentKind } from '../../config/types.ts'

/** Grants everything, where the configuration names no other. */
export const ADMIN_SCOPE = 'agent_os:admin'

/** Names that resources had before; tokens made then go on working. */
const LEGACY: Readonly<Record<string, string>> = { system: 'config' }

/** A scope taken apart. */
export interface Scope {
  readonly resource: string
  /** Undefined: all of them. */
  readonly id: string | undefined
  readonly action: string
}

/** A component as a scope may name it. An `id` of null is one that no scope can name. */
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
  /** As they stand in the token. */
  readonly scopes: readonly string[]
  readonly #granted: readonly Scope[]

  constructor(scopes: readonly string[], adminScope = ADMIN_SCOPE) {
    this.scopes = scopes
    this.isAdmin = scopes.includes(adminScope)
    this.#granted = scopes.map(parseScope).filter((scope) => scope !== undefined)
  }

  /**
   * Holds a scope that a route needs.
   *
   * @param required such as `agents:run`
   * @param component whose route it is: a scope for just this one will do
   */
  has(required: string, component?: NamedComponent): boolean {
    if (this.isAdmin) return true
    const wanted = parseScope(required)
    if (wanted === undefined) return false
    const isOwn = component?.kind === wanted.resource
    return this.#granted.some(
      ({ resource, id, action }) =>
        resource === wanted.resource &&
        action === wanted.action &&
        (id === undefined || (isOwn && id === component.id)),
    )
  }

  /** May read at least one of a kind, whichever. */
  readsSome(kind: ComponentKind): boolean {
    if (this.isAdmin) return true
    return this.#granted.some(({ resource, action }) => resource === kind && action === 'read')
  }
}

/** @returns undefined for text of any other form, which grants nothing: too many parts, or an empty one */
export function parseScope(scope: string): Scope | undefined {
  const parts = scope.split(':')
  const [first = '', second = '', third] = parts
  if (parts.includes('')) return undefined
  const resource = LEGACY[first] ?? first
  if (parts.length === 2) return { resource, id: undefined, action: second }
  if (parts.length !== 3 || third === undefined) return undefined
  return { resource, id: second === '*' ? undefined : second, action: third }
}

/** Scopes in a claim: a list, or text with blanks between them. Anything else is none. */
export function scopesIn(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '')
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === 'string') : []
}
