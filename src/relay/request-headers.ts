/** Builds the headers of the upstream request in one pass over the caller's headers. */
import { hasApiKeyPrefix } from '../auth/api-key.ts'
import { HOP_BY_HOP, listedByConnection } from './hop-by-hop.ts'

/** Facts about the caller's connection, for the `x-forwarded-*` headers. */
export interface Forwarding {
  /** Address of the caller, as the trusted proxies report it. */
  readonly clientAddress: string
  /** Scheme that the caller used, `http` or `https`. */
  readonly scheme: string
  /** `Host` of the caller's request. */
  readonly host: string | undefined
  /** The peer is a trusted proxy: its `x-forwarded-*` headers are kept and extended. Otherwise they are replaced. */
  readonly isTrusted: boolean
  readonly requestId: string
  /** Name of the gateway in `Via`. */
  readonly viaName: string
}

/** Headers that the gateway or undici sets, or that only the gateway reads. */
const REPLACED = ['host', 'expect', 'authorization', 'x-request-id', 'x-agentos-upstream']
/** Headers that make some servers run another method or path than the one that was authorized. */
const OVERRIDING = [
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
]
/** Headers of proxies. They are forwarded only from trusted proxies. */
const FORWARDED = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-real-ip',
]
/** Headers of a WebSocket handshake (RFC 6455 §4.1). They belong to one connection, and each handshake sets its own. */
const HANDSHAKE = ['accept', 'extensions', 'key', 'protocol', 'version'].map(
  (name) => `sec-websocket-${name}`,
)
/** Headers that are not simply forwarded, in one map for one lookup per header. */
const TREATMENT: ReadonlyMap<string, 'dropped' | 'forwarded'> = new Map([
  ...[...HOP_BY_HOP, ...HANDSHAKE, ...REPLACED, ...OVERRIDING].map(
    (name) => [name, 'dropped'] as const,
  ),
  ...FORWARDED.map((name) => [name, 'forwarded'] as const),
])

/** Which cookies of the caller the upstream gets. */
export interface CookiePolicy {
  /** `forward` removes the cookie `tokenName`, `all` only where its value is an API key. */
  readonly pass: 'forward' | 'none' | 'all'
  /** Name of the cookie with the gateway's token; undefined for none. */
  readonly tokenName: string | undefined
}

/** Options of {@link requestHeaders}. */
export interface RequestHeaderOptions {
  /** `Authorization` of the upstream request. The caller's header is never forwarded by itself; undefined for none. */
  readonly authorization: string | undefined
  readonly forwarding: Forwarding
  /** Default: all cookies. */
  readonly cookies?: CookiePolicy
  /**
   * Content type of a body that replaces the caller's, whose framing headers are dropped. Undefined keeps the caller's body.
   */
  readonly replacedBody?: { readonly contentType: string | undefined }
  /** The gateway reads the response, so `accept-encoding` is dropped. Default false. */
  readonly isReadByGateway?: boolean
}

/**
 * Returns the end-to-end headers of the caller and the gateway's own. Hop-by-hop headers, and the names in `Connection`, are
 * removed first, so a caller cannot remove a header of the gateway (RFC 9110 §7.6.1).
 *
 * @param rawHeaders names and values in turn, as Node's `rawHeaders`
 * @returns names and values in turn
 */
export function requestHeaders(
  rawHeaders: readonly string[],
  options: RequestHeaderOptions,
): string[] {
  const { authorization, forwarding, replacedBody, cookies, isReadByGateway = false } = options
  const listed = listedByConnection(rawHeaders)
  const headers: string[] = []
  let forwardedFor = forwarding.clientAddress
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const original = rawHeaders[i] as string
    let value = rawHeaders[i + 1] as string
    const name = original.toLowerCase()
    const fate = TREATMENT.get(name)
    if (fate === 'dropped' || listed?.has(name)) continue
    if (isReadByGateway && name === 'accept-encoding') continue
    if (name.startsWith('content-') && replacedBody && isReplaced(name)) continue
    if (fate === 'forwarded') {
      if (!forwarding.isTrusted) continue
      if (name === 'x-forwarded-for') {
        forwardedFor = `${value}, ${forwarding.clientAddress}`
        continue
      }
    }
    if (name === 'cookie' && cookies) {
      value = passedCookies(value, cookies)
      if (value === '') continue
    }
    headers.push(original, value)
  }
  headers.push('x-forwarded-for', forwardedFor, 'x-request-id', forwarding.requestId)
  // A further line extends the list of earlier proxies (RFC 9110 §7.6.3).
  headers.push('via', `1.1 ${forwarding.viaName}`)
  if (!forwarding.isTrusted) {
    headers.push('x-forwarded-proto', forwarding.scheme)
    if (forwarding.host !== undefined) headers.push('x-forwarded-host', forwarding.host)
  }
  if (isReadByGateway) headers.push('accept-encoding', 'identity')
  if (authorization !== undefined) headers.push('authorization', authorization)
  if (replacedBody?.contentType) headers.push('content-type', replacedBody.contentType)
  return headers
}

/** These headers describe the caller's body, which has been replaced. */
function isReplaced(name: string): boolean {
  return name === 'content-type' || name === 'content-length' || name === 'content-encoding'
}

/** @returns an empty string when no cookie is left */
function passedCookies(value: string, { pass, tokenName }: CookiePolicy): string {
  if (pass === 'none') return ''
  if (tokenName === undefined || !value.includes(tokenName)) return value
  const isPassed = (pair: string) => {
    if (pair.split('=', 1)[0]?.trim() !== tokenName) return true
    const token = pair.slice(pair.indexOf('=') + 1)
    return pass === 'all' && !hasApiKeyPrefix(token.trim().replace(/^"/, ''))
  }
  return value.split(';').filter(isPassed).join(';').trim()
}
