/**
 * Normalizes a path for authorization, counting and logging. Finds paths that can be read in two ways. The case is kept,
 * because AgentOS's paths are case-sensitive.
 */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'

const SLASH = 47
/** RFC 3986 §2.3: an escape of these means the same as the character itself (§6.2.2.2). */
const UNRESERVED = /[\w.~-]/
const ESCAPE = /%([2-7][0-9a-f])/gi

/**
 * The request target in normal form: escapes of unreserved characters are decoded in the path, and trailing slashes are
 * removed, as in AgentOS. Below `/upstreams/` trailing slashes stay, because an upstream that is no AgentOS may
 * distinguish them; there {@link withoutEndSlashes} gives the path for decisions. `plugins/head-guard.ts` refuses doubled
 * slashes and dot segments.
 *
 * @param url path and query of the request; the query stays unchanged
 * @see AgentOS `agno/os/middleware/trailing_slash.py`
 */
export function normalTarget(url: string): string {
  const query = url.indexOf('?')
  const end = query === -1 ? url.length : query
  const given = url.slice(0, end)
  const plain = given.includes('%') ? given.replace(ESCAPE, resolved) : given
  const path = plain.startsWith('/upstreams/') ? plain : withoutEndSlashes(plain)
  return path === given ? url : path + url.slice(end)
}

function resolved(escaped: string, hex: string): string {
  const char = String.fromCharCode(Number.parseInt(hex, 16))
  return UNRESERVED.test(char) ? char : escaped
}

/** The path without trailing slashes; a path of only slashes stays unchanged. */
export function withoutEndSlashes(path: string): string {
  if (path.charCodeAt(path.length - 1) !== SLASH) return path
  let end = path.length - 1
  while (end > 0 && path.charCodeAt(end - 1) === SLASH) end--
  return end === 0 ? path : path.slice(0, end)
}

/** A decoded path; a path that cannot be decoded stays unchanged. */
export function decoded(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Scheme, authority and rest of a target in absolute form. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#@\\]+)(.*)$/is

/**
 * The target in origin form: path and query. A target in absolute form is what clients send to a proxy, and every server has to
 * accept it. One with user information stays unchanged, and is refused.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
export function originForm(url: string, method: string | undefined): string {
  if (url[0] === '/') return url
  const rest = ABSOLUTE_FORM.exec(url)?.[2]
  if (rest === undefined) return url
  if (rest === '') return method === 'OPTIONS' ? '*' : '/'
  return rest[0] === '?' ? `/${rest}` : rest
}

/**
 * Returns the target in origin form and normal form. The host of an absolute form replaces the `Host` header (RFC 9112
 * §3.2.2).
 */
export function targetOf(request: IncomingMessage): string {
  const { url = '', headers, method } = request
  const authority = url[0] === '/' ? undefined : ABSOLUTE_FORM.exec(url)?.[1]
  if (authority !== undefined && headers.host !== undefined) headers.host = authority
  return normalTarget(originForm(url, method))
}

/**
 * A value for a path segment or a query. Lone surrogates become U+FFFD: JSON can contain them, and `encodeURIComponent` throws
 * for them.
 */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** Also with path parameters: servlet containers read `/..;x/` as `/../`. */
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:;[^/]*)?(?:\/|$)/i
/** `/`, `\`, control characters and DEL, percent-encoded. */
const ENCODED_DELIMITER = /%(?:2f|5c|[01][0-9a-f]|7f)/i

/** {@link ENCODED_DELIMITER} without the slash. */
const ENCODED_CONTROL = /%(?:5c|[01][0-9a-f]|7f)/i
/** A backslash, or a character that must be percent-encoded: servers decode bytes beyond ASCII in different ways. */
const UNPLAIN = /[^\x21-\x5b\x5d-\x7e]/

/**
 * Finds what gateway and upstream, or a server in between, could read differently in a path.
 *
 * @param url request target in normal form
 * @param isSentOn the path is sent to an upstream; default true
 * @returns the error for an invalid path, otherwise undefined
 * @see https://www.rfc-editor.org/rfc/rfc3986#section-3.3
 */
export function pathFault(url: string, isSentOn = true): GatewayError | undefined {
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  // RFC 9112 §3.2: a request target has no fragment. Routers cut it off, upstreams may not.
  if (path[0] !== '/' || UNPLAIN.test(path) || url.includes('#')) {
    return new GatewayError('AGW_INVALID_PATH')
  }
  if (path.includes('//')) return new GatewayError('AGW_NOT_FOUND')
  if (path.includes('/.') && DOT_SEGMENT.test(path)) return new GatewayError('AGW_INVALID_PATH')
  if (!path.includes('%')) return undefined
  const encoded = isSentOn ? ENCODED_DELIMITER : ENCODED_CONTROL
  const isBad = DOT_SEGMENT.test(path) || encoded.test(path) || !isDecodable(path)
  return isBad ? new GatewayError('AGW_INVALID_PATH') : undefined
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
