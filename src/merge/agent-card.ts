/** Agent cards as callers should read them: what they point at is reached through the gateway. */
import type { IdTranslator } from '../ids/id-translator.ts'
import { renameJson } from '../json/rename-json.ts'

/** Members that hold the addresses an agent answers at, beside the card's own `url`. */
const INTERFACES = new Set([
  'additionalInterfaces',
  'additional_interfaces',
  'supportedInterfaces',
  'supported_interfaces',
])
const COMPONENT = /\/(agents|teams|workflows)\/([^/]+)/

/** How paths of an upstream are reached. */
export interface CardAddress {
  /** Scheme and host as the caller knows them, such as `https://gateway.example.com`. */
  readonly origin: string
  /** Comes before the upstream's own paths, such as `/upstreams/research`; empty where they are the same. */
  readonly prefix: string
  /** Path of the upstream's base URL; is taken away. Empty for none. */
  readonly basePath: string
  /** Puts ids in the caller's terms; undefined where the prefix leads to the upstream as it is. */
  readonly translator?: IdTranslator
}

/**
 * The card's text with its addresses at the gateway; links of other kinds stay.
 *
 * @see https://a2a-protocol.org/v0.3.0/specification/#5-agent-discovery-the-agent-card
 */
export function agentCardAt(text: string, reach: CardAddress): string {
  return renameJson(text, (key, value, owner) =>
    key === 'url' && (owner === '' || INTERFACES.has(owner)) ? reached(value, reach) : undefined,
  )
}

function reached(
  address: string,
  { origin, prefix, basePath, translator }: CardAddress,
): string | undefined {
  const url = URL.parse(address)
  if (url === null) return undefined
  const path = url.pathname.startsWith(`${basePath}/`)
    ? url.pathname.slice(basePath.length)
    : url.pathname
  const named = path.replace(
    COMPONENT,
    (whole, kind: 'agents' | 'teams' | 'workflows', id: string) =>
      translator
        ? `/${kind}/${encodeURIComponent(translator.idToClient(kind, decodeURIComponent(id)))}`
        : whole,
  )
  return origin + prefix + named + url.search
}
