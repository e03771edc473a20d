/** Filters the components of the catalogue without a stall, however many there are. */
import { useLayoutEffect, useState } from 'preact/hooks'
import type { Component } from '../../api/components.ts'
import { eachPaced } from '../../state/pacer.ts'
import type { OwnerBook } from './owners.ts'

export interface ComponentFilter {
  readonly text: string
  readonly kind: string
  readonly upstream: string
}

/** Returns the matching components: the previous ones while a long list is searched, undefined before the first. */
export function useMatching(
  all: readonly Component[],
  { text, kind, upstream }: ComponentFilter,
  owners: OwnerBook,
): readonly Component[] | undefined {
  const [matching, setMatching] = useState<readonly Component[] | undefined>(undefined)
  // Before the page is painted: a short list is filtered without showing all of it first.
  useLayoutEffect(() => {
    if (text === '' && kind === '' && upstream === '') return setMatching(all)
    let isOver = false
    const found: Component[] = []
    const wanted = text.toLowerCase()
    const visit = (one: Component) => {
      if (kind !== '' && one.kind !== kind) return
      if (!one.searched.includes(wanted)) return
      if (upstream === '' || owners.ownerOf(one) === upstream) found.push(one)
    }
    void eachPaced(all, visit, () => isOver).then((isWhole) => {
      if (isWhole && !isOver) setMatching(found)
    })
    return () => {
      isOver = true
    }
  }, [all, text, kind, upstream, upstream === '' ? undefined : owners])
  return matching
}
