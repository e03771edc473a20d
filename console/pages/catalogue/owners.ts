/** Fetches the upstream of each component. Only administrators may read it. */
import type { Component } from '../../api/components.ts'
import type { Owners } from '../../api/gateway.ts'

export interface OwnerBook {
  /** `''` for an unknown owner. */
  ownerOf(component: Component): string
}

export function ownerBook(owners: Owners | undefined): OwnerBook {
  const known = new Map<string, string>()
  for (const [kind, byUpstream = {}] of Object.entries(owners ?? {})) {
    for (const [upstream, ids = []] of Object.entries(byUpstream)) {
      for (const id of ids) known.set(`${kind}/${id}`, upstream)
    }
  }
  return { ownerOf: ({ kind, id }) => known.get(`${kind}/${id}`) ?? '' }
}
