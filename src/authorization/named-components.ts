/**
 * Finds the components that a name in a body or a query means at the upstreams that may get the request. The same name can be
 * an id at the gateway and the id of another component at an upstream.
 */
import type { ComponentKind } from '../../config/types.ts'
import type { NamedComponent } from '../auth/access.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** A component as a request names it. */
export interface Named {
  readonly kind: ComponentKind
  readonly name: string
}

/** Where a request may go. */
export interface Reach {
  readonly upstreams: readonly Upstream[]
  /** The gateway replaces ids in the request by the upstream's own. */
  readonly isTranslated: boolean
  readonly catalogue: Catalogue
}

/** One component for each upstream. Its id is null where the upstream may have a component that the gateway does not show. */
export function componentsNamed(
  { kind, name }: Named,
  { upstreams, isTranslated, catalogue }: Reach,
): NamedComponent[] {
  return upstreams.map((upstream) => {
    const remote = isTranslated ? catalogue.remote(kind, name) : undefined
    const sent = remote?.upstream === upstream ? remote.upstreamId : name
    return { kind, id: catalogue.idOf(kind, upstream, sent) ?? null }
  })
}

/** The upstream that owns one of the components by its id at the gateway; undefined where none has the routes of an AgentOS. */
export function ownerAmong(named: readonly Named[], catalogue: Catalogue): Upstream | undefined {
  return named
    .map(({ kind, name }) => catalogue.remote(kind, name)?.upstream)
    .find((upstream) => upstream?.isAgentOs)
}
