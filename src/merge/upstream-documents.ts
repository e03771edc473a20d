/** Rewrites documents that an upstream publishes about itself, so that their addresses lead through the gateway. */
import type { Rename } from '../json/json-renamer.ts'
import { arrayItems } from '../json/json-text.ts'
import type { MemberSpan } from '../json/members.ts'
import { membersOf } from '../json/members.ts'
import { renameJsonInTurns } from '../json/rename-json.ts'
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
 * Rewrites the servers of one upstream's OpenAPI document, so that its operations can be called through the gateway. A
 * long document is searched in turns.
 *
 * @param prefix prefix of the upstream's paths at the gateway
 * @returns the same bytes when they are no JSON object
 */
export async function openApiBelow(
  document: Buffer,
  prefix: string,
  addresses: PublicAddresses,
): Promise<Buffer> {
  const named = await renameJsonInTurns(document, (key, value, owner) => {
    if (key === 'url' && owner === 'servers') return addresses.path(value)?.replace(/\/$/, '')
    return OPEN_API_ADDRESSES.has(key) ? addresses.path(value) : undefined
  })
  try {
    const members = await membersOf(named, Number.POSITIVE_INFINITY)
    return members ? withServer(named, members, prefix) : document
  } catch {
    return document
  }
}

/** The document with the prefix as its first server. */
function withServer(
  document: Buffer,
  members: ReadonlyMap<string, MemberSpan>,
  prefix: string,
): Buffer {
  const own = JSON.stringify({ url: prefix })
  const span = members.get('servers')
  if (span === undefined) {
    const open = document.indexOf('{') + 1
    const comma = members.size > 0 ? ',' : ''
    return spliced(document, { start: open, end: open }, `"servers":[${own}]${comma}`)
  }
  const servers = arrayItems(document.toString('utf8', span.start, span.end))
  const [first] = servers
  if (first !== undefined && urlIn(first) === prefix) return document
  const others = servers.filter((server) => urlIn(server) !== prefix)
  return spliced(document, span, `[${[own, ...others].join(',')}]`)
}

function spliced(bytes: Buffer, { start, end }: MemberSpan, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)])
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
