/**
 * The normal form of a path, which all that decide, count and log read. AgentOS's paths are case-sensitive, so case is kept;
 * doubled slashes and dot segments are refused before (`plugins/path-guard.ts`).
 */

const SLASH = 47
/** RFC 3986 §2.3: an escape of these means the same as the character itself (§6.2.2.2). */
const UNRESERVED = /[\w.~-]/
const ESCAPE = /%([2-7][0-9a-f])/gi

/**
 * The request target in normal form: escapes of unreserved characters are resolved in the path, and slashes that end it are cut
 * off, as AgentOS does. Below `/upstreams/` the slashes stay, for an upstream that is no AgentOS may mind them; there
 * {@link withoutEndSlashes} gives the path to decide by.
 *
 * @param url path and query as they came; the query stays as it is
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

/** The path without the slashes that end it; `/` and a path of nothing but slashes stay. */
export function withoutEndSlashes(path: string): string {
  if (path.charCodeAt(path.length - 1) !== SLASH) return path
  let end = path.length - 1
  while (end > 0 && path.charCodeAt(end - 1) === SLASH) end--
  return end === 0 ? path : path.slice(0, end)
}

/** A path as routers read it; what can't be decoded stays as it is. */
export function decoded(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
