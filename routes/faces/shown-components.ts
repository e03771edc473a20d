/** Lists the components that a caller may see in a face. */
import type { FastifyRequest } from 'fastify'
import type { ComponentKind, FaceConfig } from '../../config/types.ts'
import { COMPONENT_KINDS } from '../../src/catalogue/catalogue.ts'
import { isShown } from '../../src/face/component-filter.ts'
import { parseJson } from '../../src/json/parse.ts'

/** A component as its AgentOS lists it, with its id at the gateway. */
export interface ShownComponent {
  readonly kind: ComponentKind
  readonly id: string
  readonly name?: string | null
  readonly description?: string | null
  /** Of a component behind A2A. */
  readonly skills?: unknown
}

/**
 * The components of all upstreams by kind, in config order, from the cache.
 *
 * @param kinds default: all of them
 */
export async function shownComponents(
  { gateway, caller }: FastifyRequest,
  face: FaceConfig,
  kinds: readonly ComponentKind[] = COMPONENT_KINDS,
): Promise<ShownComponent[]> {
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const { body } = await gateway.lists.get(kind, { caller, isFreshWanted: false })
      const cards = (await parseJson(body)) as Omit<ShownComponent, 'kind'>[]
      return cards.filter(({ id }) => isShown(face, kind, id)).map((card) => ({ ...card, kind }))
    }),
  )
  return lists.flat()
}
