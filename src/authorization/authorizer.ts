/** Decides whether a caller may send a request, by AgentOS's rules and public ids. */
import { SINGULAR } from '../../config/component-kind.ts'
import type { ComponentKind } from '../../config/types.ts'
import type { Access, NamedComponent } from '../auth/access.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { COMPONENT_KINDS } from '../catalogue/catalogue.ts'
import { GatewayError } from '../errors.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { CausedRun } from './indirect-runs.ts'
import type { Named, Reach } from './named-components.ts'
import { componentsNamed } from './named-components.ts'
import type { RouteRule, RouteRules } from './route-rules.ts'
import { componentIn } from './route-rules.ts'

/** A component with its public id. */
export interface TargetComponent {
  readonly kind: ComponentKind
  readonly id: string
}

/** The members of a request that the decision reads. */
export interface RequestTarget {
  readonly method: string
  /** Decoded path without the query, as the serving AgentOS reads it. */
  readonly path: string
  /** The upstream, for a request that is relayed unchanged: with the upstream's own ids and an unfiltered response. */
  readonly relayedTo?: Upstream
  /** The component of the request, if it was looked up. Default: the component in the path. */
  readonly component?: TargetComponent
}

/** The rights that a request needs. */
interface Needs {
  /** Kind of the component in the path. */
  readonly kind: ComponentKind | undefined
  readonly scopes: readonly string[]
  readonly component: NamedComponent | undefined
  readonly action: RouteRule['action']
}

/** Decides for one server. */
export class Authorizer {
  readonly #rules: RouteRules
  readonly #adminScope: string

  /** @param adminScope scope in the error of a route that only the administrator may use */
  constructor(rules: RouteRules, adminScope: string) {
    this.#rules = rules
    this.#adminScope = adminScope
  }

  /**
   * Checks a request. A route that AgentOS does not have requires the administrator.
   *
   * @throws {GatewayError} `AGW_FORBIDDEN`, with AgentOS's message about the missing scope
   */
  assertAllowed(access: Access, target: RequestTarget, catalogue: Catalogue): void {
    if (access.isAdmin) return
    const needs = this.#needsOf(target, catalogue)
    if (needs === undefined) throw forbidden([this.#adminScope])
    const { kind, scopes, component, action } = needs
    if (isOwnList(target) && kind && access.readsSome(kind)) return
    const missing = scopes.filter((scope) => !access.has(scope, component))
    if (missing.length > 0) throw forbidden(scopes, missing)
    if (component) assertMay(access, action, component)
  }

  /** The scopes of the token, as written, by which {@link assertAllowed} allows a request. */
  grantsFor(access: Access, target: RequestTarget, catalogue: Catalogue): readonly string[] {
    if (access.isAdmin) return [this.#adminScope]
    const needs = this.#needsOf(target, catalogue)
    if (needs === undefined) return []
    const { scopes, component, action } = needs
    const all = component && action ? [...scopes, `${component.kind}:${action}`] : scopes
    const granted = all.map((scope) => access.grantOf(scope, component))
    return [...new Set(granted.filter((scope) => scope !== undefined))]
  }

  /** @returns undefined for a route that AgentOS does not have */
  #needsOf(target: RequestTarget, catalogue: Catalogue): Needs | undefined {
    const rule = this.#rules.find(target.method, target.path)
    if (rule === undefined) return undefined
    const named = componentIn(target.path)
    const component =
      target.component ??
      (named?.id === undefined ? undefined : meant(target, named.kind, named.id, catalogue))
    const scopes = target.relayedTo ? unfiltered(rule, target.path) : rule.scopes
    return { kind: named?.kind, scopes, component, action: rule.action }
  }

  /**
   * Checks a component that a body or a query names, at every upstream that the request may reach.
   *
   * @throws {GatewayError} `AGW_FORBIDDEN`
   */
  assertMayUse(access: Access, action: 'read' | 'run', named: Named, reach: Reach): void {
    for (const component of componentsNamed(named, reach)) assertMay(access, action, component)
  }

  /**
   * Checks a run that a request causes by its body or by a stored record.
   *
   * @param reach the upstreams that the request may reach: of a stored record only its owner
   * @throws {GatewayError} `AGW_FORBIDDEN`, with the message of AgentOS's `run_permissions.py`
   */
  assertMayCause(access: Access, { kind, name, isStored }: CausedRun, reach: Reach): void {
    if (kind === undefined) {
      const detail = 'Only admins can schedule an endpoint that is not a run endpoint'
      throw new GatewayError('AGW_FORBIDDEN', { detail })
    }
    const isTranslated = reach.isTranslated && !isStored
    this.assertMayUse(access, 'run', { kind, name }, { ...reach, isTranslated })
  }
}

function assertMay(access: Access, action: RouteRule['action'], component: NamedComponent): void {
  const { kind } = component
  if (action === undefined || access.has(`${kind}:${action}`, component)) return
  throw new GatewayError('AGW_FORBIDDEN', {
    detail: `Access denied to ${action} this ${SINGULAR[kind]}`,
    missingScopes: [`${kind}:${action}`],
  })
}

/** Components relayed in an upstream's ids are those it owns here; no scope names any other. */
function meant(
  { relayedTo }: RequestTarget,
  kind: ComponentKind,
  id: string,
  catalogue: Catalogue,
): NamedComponent {
  return { kind, id: relayedTo ? (catalogue.idOf(kind, relayedTo, id) ?? null) : id }
}

/** A list that the gateway merges contains only components that the caller may read. */
function isOwnList({ method, path, relayedTo }: RequestTarget): boolean {
  const isRead = method === 'GET' || method === 'HEAD'
  return isRead && relayedTo === undefined && COMPONENT_KINDS.some((kind) => path === `/${kind}`)
}

/** A config that is relayed whole shows every component. */
function unfiltered({ scopes }: RouteRule, path: string): readonly string[] {
  return path === '/config' ? [...scopes, ...COMPONENT_KINDS.map((kind) => `${kind}:read`)] : scopes
}

/** @param required scopes that the route requires, as AgentOS names them. @param missingScopes default: all of them */
export function forbidden(
  required: readonly string[],
  missingScopes: readonly string[] = required,
): GatewayError {
  const detail = `Insufficient permissions. Required scope(s): ${required.join(', ')}`
  return new GatewayError('AGW_FORBIDDEN', { detail, missingScopes })
}
