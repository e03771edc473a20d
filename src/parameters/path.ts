/**
 * Normalizes a path for authorization, counting and logging. The case is kept, because AgentOS's paths are
 * case-sensitive. `plugins/path-guard.ts` has already refused doubled slashes and dot segments.
 */
import type { IncomingMessage } from 'node:http'

const SLASH = 47
/** RFC 3986 §2.3: an escape of these means the same as the character itself (§6.2.2.2). */
const UNRESERVED = /[\w.~-]/
const ESCAPE = /%([2-7][0-9a-f])/gi

/**
 * The request target in normal form: escapes of unreserved characters are decoded in the path, and trailing slashes are
 * removed, as in AgentOS. Below `/upstreams/` trailing slashes stay, because an upstream that is no AgentOS may
 * distinguish them; there {@link withoutEndSlashes} gives the path for decisions.
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
