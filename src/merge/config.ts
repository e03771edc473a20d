/** The merged `/config`: what one AgentOS with everything in it would say. */
import type { ComponentKind, GatewayConfig } from '../../config/types.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { COMPONENT_KINDS } from '../catalogue/catalogue.ts'
import type { Caller } from '../remote/config-cache.ts'
import type { Share } from './gather.ts'

type Json = Record<string, unknown>

/** Members that name a thing; the first that an element has tells whether two elements are the same. */
const NAMING = ['db_id', 'id', 'route', 'type'] as const

/**
 * Lists are joined without repeats, objects member by member, and where two upstreams say different things in one place
 * the first in config order is heard. So members that a later AgentOS adds are merged too.
 */
export function mergedConfig(
  config: GatewayConfig,
  catalogue: Catalogue,
  shares: readonly Share[],
  caller: Caller,
): Json {
  const merged: Json = {}
  for (const share of shares) {
    const said = share.answer.json
    if (isObject(said)) mergeInto(merged, withOwned(said, catalogue, share, caller))
  }
  return {
    ...merged,
    os_id: config.id,
    ...(config.name !== undefined && { name: config.name }),
    ...(config.description !== undefined && { description: config.description }),
    ...Object.fromEntries(COMPONENT_KINDS.map((kind) => [kind, merged[kind] ?? []])),
  }
}

/** The upstream's config with just the components it owns and the caller may see, under the ids callers use. */
function withOwned(said: Json, catalogue: Catalogue, { upstream }: Share, caller: Caller): Json {
  const owned = (kind: ComponentKind) => {
    const items = Array.isArray(said[kind]) ? (said[kind] as Json[]) : []
    return items.flatMap((item) => {
      const id =
        typeof item['id'] === 'string' ? catalogue.idOf(kind, upstream, item['id']) : undefined
      return id === undefined || !caller.sees(kind, id) ? [] : [{ ...item, id }]
    })
  }
  return { ...said, agents: owned('agents'), teams: owned('teams'), workflows: owned('workflows') }
}

function mergeInto(target: Json, source: Json): void {
  for (const [name, value] of Object.entries(source)) {
    const existing = target[name]
    if (Array.isArray(existing) && Array.isArray(value)) target[name] = joined(existing, value)
    else if (isObject(existing) && isObject(value)) {
      const copy = { ...existing }
      mergeInto(copy, value)
      target[name] = copy
    } else if (existing === undefined || existing === null) target[name] = value
  }
}

function joined(first: readonly unknown[], second: readonly unknown[]): unknown[] {
  const seen = new Set(first.map(nameOf))
  return [...first, ...second.filter((item) => !seen.has(nameOf(item)))]
}

/** Tells elements apart: by what names them, else by all they say. */
export function nameOf(item: unknown): string {
  if (!isObject(item)) return JSON.stringify(item)
  const naming = NAMING.find((member) => item[member] !== undefined)
  return naming === undefined ? JSON.stringify(item) : `${naming}=${JSON.stringify(item[naming])}`
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
