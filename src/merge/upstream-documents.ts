/** Rewrites documents that an upstream publishes about itself, so that their addresses lead through the gateway. */
import type { Rename } from '../json/json-renamer.ts'
import { arrayItems, objectMembers, objectText } from '../json/json-text.ts'
import { renameJson } from '../json/rename-json.ts'
import type { PublicAddresses } from '../relay/public-address.ts'

/** Members that hold further addresses of an agent, besides the card's `url`. */
const INTERFACES = new Set([
  'additionalInterfaces',
  'additional_interfaces',
  'supportedInterfaces',
  'supported_interfaces',
])

/**
 * Rewrites the addresses in an agent card or another document below `/.well-known/`. The address of an agent always
 * becomes one of the gateway. Any other address changes only when it belongs to the upstream.
 *
 * @see https://a2a-protocol.org/v0.3.0/specification/#5-agent-discovery-the-agent-card
 * @see https://www.rfc-editor.org/rfc/rfc9728 for `/.well-known/oauth-protected-resource`
 */
export function documentNames(addresses: PublicAddresses, isCard: boolean): Rename {
  return (key, value, owner) => {
    const isEndpoint = isCard && key === 'url' && (owner === '' || INTERFACES.has(owner))
    if (isEndpoint) return addresses.urlOnAnyHost(value)
    return /^https?:\/\//i.test(value) ? addresses.url(value) : undefined
  }
}

/** Members of an OpenAPI document that hold an address. */
const OPEN_API_ADDRESSES = new Set([
  'authorizationUrl',
  'tokenUrl',
  'refreshUrl',
  'openIdConnectUrl',
])

/**
 * Rewrites the servers of one upstream's OpenAPI document, so that its operations can be called through the gateway.
 *
 * @param prefix prefix of the upstream's paths at the gateway
 * @returns the same text when it is no JSON object
 */
export function openApiBelow(text: string, prefix: string, addresses: PublicAddresses): string {
  try {
    return withServers(text, prefix, addresses)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

function withServers(text: string, prefix: string, addresses: PublicAddresses): string {
  const named = renameJson(text, (key, value, owner) => {
    if (key === 'url' && owner === 'servers') return addresses.path(value)?.replace(/\/$/, '')
    return OPEN_API_ADDRESSES.has(key) ? addresses.path(value) : undefined
  })
  if (!named.trimStart().startsWith('{')) return text
  const members = objectMembers(named)
  const own = JSON.stringify({ url: prefix })
  const servers = members.has('servers') ? arrayItems(members.get('servers') as string) : []
  const others = servers.filter((server) => urlIn(server) !== prefix)
  if (servers.length > 0 && urlIn(servers[0] as string) === prefix) return named
  return objectText(members.set('servers', `[${[own, ...others].join(',')}]`))
}

function urlIn(server: string): unknown {
  return (JSON.parse(server) as { url?: unknown } | null)?.url
}

/** Quoted text that begins like an address. */
const QUOTED_ADDRESS = /(["'])((?:https?:\/\/|\/(?!\/))[^"'\s<>]*)\1/gi

/**
 * Rewrites the documentation page of one upstream, so that it loads its files and calls its operations below the
 * upstream's prefix.
 */
export function docsPageBelow(html: string, addresses: PublicAddresses): string {
  return html.replace(QUOTED_ADDRESS, (whole, quote: string, address: string) => {
    const path = addresses.path(address)
    return path === undefined ? whole : quote + path + quote
  })
}
