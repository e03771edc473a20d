/** Gives every component a tool name, the same in every process and for every caller. */
import { hash } from 'node:crypto'
import { SINGULAR } from '../../../config/component-kind.ts'
import type { ComponentKind } from '../../../config/types.ts'

/** A component by its public id. */
export interface ComponentId {
  readonly kind: ComponentKind
  readonly id: string
}

/** Longest tool name that clients and models accept, in characters. */
const MAX_LENGTH = 64
const DIGEST_LENGTH = 8
const ORDER: readonly ComponentKind[] = ['agents', 'teams', 'workflows']

/**
 * Names the tools of components. A name is the id, with `_` for other characters than letters, digits, `_` and `-`. If
 * the name is taken, the kind is put in front of it; if that is taken too, or too long, a digest is put at its end. Ids
 * that need no change choose first.
 *
 * @param components all components, in any order
 * @param reserved names of other tools
 * @returns the components by tool name
 */
export function toolNames(
  components: readonly ComponentId[],
  reserved: Iterable<string>,
): ReadonlyMap<string, ComponentId> {
  const taken = new Set(reserved)
  const names = new Map<string, ComponentId>()
  for (const component of components.toSorted(byExactnessKindAndId)) {
    const name = candidatesFor(component).find((candidate) => !taken.has(candidate)) as string
    taken.add(name)
    names.set(name, component)
  }
  return names
}

/** The last candidate is unique, because it holds a digest of kind and id. */
function candidatesFor({ kind, id }: ComponentId): string[] {
  const plain = plainName(id)
  const digest = hash('sha256', `${kind}/${id}`).slice(0, DIGEST_LENGTH)
  const whole = [plain, `${SINGULAR[kind]}_${plain}`]
  const marked = whole.map((name) => `${name.slice(0, MAX_LENGTH - 1 - DIGEST_LENGTH)}_${digest}`)
  return [...whole.filter(({ length }) => length <= MAX_LENGTH), ...marked]
}

function plainName(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_')
}

function byExactnessKindAndId(a: ComponentId, b: ComponentId): number {
  return rankOf(a) - rankOf(b) || (a.id < b.id ? -1 : 1)
}

function rankOf({ kind, id }: ComponentId): number {
  return ORDER.indexOf(kind) + (plainName(id) === id ? 0 : ORDER.length)
}
