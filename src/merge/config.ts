/** Builds the merged `/config`, as a single AgentOS with all components would answer it. */
import type { ComponentKind, GatewayConfig } from '../../config/types.ts'
import type { Caller } from '../auth/caller.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { COMPONENT_KINDS } from '../catalogue/catalogue.ts'
import { reachableRoute } from '../catalogue/interfaces.ts'
import type { IdTranslator, IdTranslators } from '../ids/id-translator.ts'
import { isObject } from '../json/is-object.ts'
import { parseJson } from '../json/parse.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Share } from './gather.ts'

type Json = Record<string, unknown>

/** Members that identify an element: two elements are equal when the first of these members that is present is equal. */
const NAMING = ['id', 'db_id', 'route', 'type'] as const

/** The caller that a merged config is built for. */
export interface ConfigView {
  readonly translators: IdTranslators
  readonly caller: Caller
}

/**
 * Merges lists without repeats and objects member by member. On a contradiction the first upstream in config order wins.
 * The rule needs no list of members, so it also covers members of a later AgentOS.
 */
export async function mergedConfig(
  config: GatewayConfig,
  catalogue: Catalogue,
  shares: readonly Share[],
  view: ConfigView,
): Promise<Json> {
  const merged: Json = {}
  for (const share of shares) {
    if (isObject(share.answer.json)) mergeInto(merged, await sharedPart(catalogue, share, view))
  }
  if (nameModelsDifferently(shares)) merged['available_models'] = []
  return {
    ...merged,
    os_id: config.id,
    ...(config.name !== undefined && { name: config.name }),
    ...(config.description !== undefined && { description: config.description }),
    ...Object.fromEntries(COMPONENT_KINDS.map((kind) => [kind, merged[kind] ?? []])),
  }
}

/**
 * Agno 2 lists available models by name, Agno 3 as objects. A client of one release fails on the other's list, but both
 * read an empty list. The form of the list does not show the release of an upstream; the queue does, because Agno 2 has
 * none.
 */
function nameModelsDifferently(shares: readonly Share[]): boolean {
  const ways = shares.flatMap(({ answer }) => {
    const config = answer.json
    if (!isObject(config)) return []
    const models = Array.isArray(config['available_models']) ? config['available_models'] : []
    return models.length > 0 ? [isObject(models[0])] : config['queue'] === undefined ? [false] : []
  })
  return new Set(ways).size > 1
}

/**
 * The upstream's own config with public ids: only components that it owns and the caller may see. Interfaces have the
 * routes at which the gateway serves them.
 */
async function sharedPart(
  catalogue: Catalogue,
  { upstream, answer }: Share,
  { translators, caller }: ConfigView,
): Promise<Json> {
  const own = answer.json as Json
  const translator = translators.of(upstream)
  const renamed = translator.isIdentity
    ? own
    : ((await parseJson(await translator.bytesToClient(answer.body))) as Json)
  const owned = (kind: ComponentKind) => {
    const named = listOf(renamed[kind])
    return listOf(own[kind]).flatMap((item, index) => {
      const id =
        typeof item['id'] === 'string' ? catalogue.idOf(kind, upstream, item['id']) : undefined
      return id === undefined || !caller.sees(kind, id) ? [] : [{ ...named[index], id }]
    })
  }
  return {
    ...renamed,
    ...withNamedKeys(renamed, translator),
    agents: owned('agents'),
    teams: owned('teams'),
    workflows: owned('workflows'),
    interfaces: interfacesOf(catalogue, upstream, renamed),
  }
}

/** Settings whose keys are ids of components. */
function withNamedKeys({ chat, manifest }: Json, translator: IdTranslator): Json {
  const renamed = (value: unknown) =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([id, item]) => [translator.anyIdToClient(id), item]),
        )
      : value
  return {
    ...(isObject(chat) && { chat: { ...chat, quick_prompts: renamed(chat['quick_prompts']) } }),
    ...(isObject(manifest) && { manifest: renamed(manifest) }),
  }
}

function interfacesOf(catalogue: Catalogue, upstream: Upstream, config: Json): Json[] {
  return listOf(config['interfaces']).map((announced) => {
    const { type, route } = announced
    if (typeof type !== 'string' || typeof route !== 'string') return announced
    return { ...announced, route: reachableRoute(catalogue, upstream, { type, route }) }
  })
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
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

/** The identity of an element: its identifying member, or else its whole JSON text. */
export function nameOf(item: unknown): string {
  if (!isObject(item)) return JSON.stringify(item)
  const naming = NAMING.find((member) => item[member] !== undefined)
  if (naming === undefined) return JSON.stringify(item)
  // Two providers may use one id for different models.
  return JSON.stringify([naming, item[naming], item['provider']])
}
