/** Resolves the members of composed teams and workflows to their upstreams, for `check`, `doctor` and `/gateway/status`. */
import { membersOf } from '../config/composition.ts'
import type { MemberRef } from '../config/composition-types.ts'
import type { ComponentKind } from '../config/types.ts'
import type { Gateway } from './gateway.ts'

/** A composed component, or one of its members. */
export interface ComposedNode {
  readonly kind: ComponentKind
  /** Public id. */
  readonly id: string
  /** Name of the upstream that owns it; undefined for a composed one, and for one that no upstream lists. */
  readonly upstream?: string
  /** State of that upstream, `composed`, or `unlisted` where no reachable upstream lists the component. */
  readonly state: string
  /** Members of a composed component, each once. */
  readonly members?: readonly ComposedNode[]
}

/** @returns one node for each composed component; empty where nothing is composed. The configuration allows no cycle */
export function compositionTree({ config, discovery }: Gateway): ComposedNode[] {
  const { composition } = config
  if (composition === undefined) return []
  const refs = new Map<string, readonly MemberRef[]>([
    ...composition.teams.map(
      ({ id, members }) => [`teams/${id}`, members.map(({ ref }) => ref)] as const,
    ),
    ...composition.workflows.map(({ id, steps }) => [`workflows/${id}`, membersOf(steps)] as const),
  ])
  const node = (kind: ComponentKind, id: string, named?: string): ComposedNode => {
    const members = refs.get(`${kind}/${id}`)
    if (members) {
      const unique = new Map(members.map((ref) => [`${ref.kind}/${ref.id}`, ref]))
      const nodes = [...unique.values()].map((ref) => node(ref.kind, ref.id, ref.upstream))
      return { kind, id, state: 'composed', members: nodes }
    }
    const upstream = discovery.current.remote(kind, id)?.upstream
    if (upstream) return { kind, id, upstream: upstream.name, state: discovery.stateOf(upstream) }
    return { kind, id, ...(named !== undefined && { upstream: named }), state: 'unlisted' }
  }
  return [...refs.keys()].map((key) => {
    const [kind = '', ...id] = key.split('/')
    return node(kind as ComponentKind, id.join('/'))
  })
}

/** Whether a run of the component can reach every member. */
export function isComplete({ state, members = [] }: ComposedNode): boolean {
  return ['composed', 'ready'].includes(state) && members.every(isComplete)
}
