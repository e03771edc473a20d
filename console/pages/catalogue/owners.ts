/** Fetches the upstream of each component. Only administrators may read it. */
import type { Component } from '../../api/components.ts'
import { gateway } from '../../api/gateway.ts'
import { eachPaced } from '../../state/pacer.ts'

export interface OwnerBook {
  /** `''` for an unknown owner. */
  ownerOf(component: Component): string
}

export const NO_OWNERS: OwnerBook = { ownerOf: () => '' }

export async function fetchOwners(signal: AbortSignal): Promise<OwnerBook> {
  const known = new Map<string, Map<string, string>>()
  for (const [kind, byUpstream = {}] of Object.entries(await gateway.owners(signal))) {
    const ofKind = new Map<string, string>()
    known.set(kind, ofKind)
    for (const [upstream, ids = []] of Object.entries(byUpstream)) {
      await eachPaced(ids, (id) => ofKind.set(id, upstream))
    }
  }
  return { ownerOf: ({ kind, id }) => known.get(kind)?.get(id) ?? '' }
}
