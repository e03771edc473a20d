/** Builds the headers of the request that goes to an upstream, once per request and in one pass. */
import { HOP_BY_HOP, listedByConnection } from './hop-by-hop.ts'

/** What the gateway knows about the caller's connection. */
export interface Forwarding {
  /** Address of the caller, as far as it can be believed. */
  readonly clientAddress: string
  /** `http` or `https`, as the caller used it. */
  readonly scheme: string
  /** `Host` that the caller asked for. */
  readonly host: string | undefined
  /** The peer is a trusted proxy, so its `x-forwarded-*` are kept and extended; else they are replaced. */
  readonly isTrusted: boolean
  readonly requestId: string
}

/** Set by us or by undici, or meant for the gateway alone. */
const REPLACED = ['host', 'expect', 'authorization', 'x-request-id', 'x-agentos-upstream']
/** Would make another request of the one that was allowed, behind whoever heeds them. */
const OVERRIDING = [
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
]
/** What proxies say of those in front of them; only believed of trusted ones. */
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
/** Headers that do not simply go on, looked up once for each header. */
const TREATMENT: ReadonlyMap<string, 'dropped' | 'forwarded'> = new Map([
  ...[...HOP_BY_HOP, ...REPLACED, ...OVERRIDING].map((name) => [name, 'dropped'] as const),
  ...FORWARDED.map((name) => [name, 'forwarded'] as const),
])

/** What becomes of the caller's cookies. */
export interface CookiePolicy {
  /** `forward` leaves `tokenName` out. */
  readonly pass: 'forward' | 'none' | 'all'
  /** The cookie that holds the gateway's token, where one does. */
  readonly tokenName: string | undefined
}

/** Options of {@link requestHeaders}. */
export interface RequestHeaderOptions {
  /** `Authorization` for the upstream, in place of whatever the caller sent; undefined for none. */
  readonly authorization: string | undefined
  readonly forwarding: Forwarding
  /** Which of the caller's cookies go on. Default all of them. */
  readonly cookies?: CookiePolicy
  /** Framing and type of the body where it is not the caller's; undefined passes the caller's on. */
  readonly replacedBody?: { readonly contentType: string | undefined }
  /** The answer is read by the gateway, so it must not be compressed. Default false. */
  readonly isReadByGateway?: boolean
}

/**
 * End-to-end headers of the caller plus ours. Hop-by-hop headers, and whatever `Connection` names, go first: a client
 * cannot make us drop a header of our own (RFC 9110 §7.6.1).
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
  if (!forwarding.isTrusted) {
    headers.push('x-forwarded-proto', forwarding.scheme)
    if (forwarding.host !== undefined) headers.push('x-forwarded-host', forwarding.host)
  }
  if (isReadByGateway) headers.push('accept-encoding', 'identity')
  if (authorization !== undefined) headers.push('authorization', authorization)
  if (replacedBody?.contentType) headers.push('content-type', replacedBody.contentType)
  return headers
}

/** These describe the bytes of the body, which are not the caller's any more. */
function isReplaced(name: string): boolean {
  return name === 'content-type' || name === 'content-length' || name === 'content-encoding'
}

/** @returns empty when no cookie is left */
function passedCookies(value: string, { pass, tokenName }: CookiePolicy): string {
  if (pass === 'none') return ''
  if (pass === 'all' || tokenName === undefined || !value.includes(tokenName)) return value
  const kept = value.split(';').filter((pair) => pair.split('=', 1)[0]?.trim() !== tokenName)
  return kept.join(';').trim()
}
