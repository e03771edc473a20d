/**
 * Signs and verifies the identity under which the composer runs for a caller whose token it does not have: the caller is
 * gone, or has an API key. It holds the caller's claims and never its token, and only the gateway that started the
 * composer accepts it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** The caller of a run of the composer. */
export interface RunIdentity {
  /** Claims of the caller's token; null for a caller whose token has none. */
  readonly claims: Readonly<Record<string, unknown>> | null
  /** Name of the caller's API key, which decides its rights; undefined without one. */
  readonly key?: string | undefined
}

const PREFIX = 'agrun_'
/** Longest time that a continued run may last, in seconds. */
const LIFETIME_S = 86_400
/** Claims of the token itself: they end with it. */
const OF_THE_TOKEN = new Set(['exp', 'nbf', 'iat', 'jti'])

/** Returns a bearer token for the requests of a continued run. @param nowS seconds since 1970 */
export function signIdentity(secret: string, { claims, key }: RunIdentity, nowS: number): string {
  const kept = claims && Object.entries(claims).filter(([name]) => !OF_THE_TOKEN.has(name))
  const content = { claims: kept && Object.fromEntries(kept), key, until: nowS + LIFETIME_S }
  const payload = Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${PREFIX}${payload}.${signature(secret, payload)}`
}

/** Returns whether a bearer token claims to be the identity of a run. */
export function claimsRunIdentity(token: string): boolean {
  return token.startsWith(PREFIX)
}

/** Returns the identity of a bearer token; undefined for any other token. @param nowS seconds since 1970 */
export function verifyIdentity(
  secret: string,
  token: string,
  nowS: number,
): RunIdentity | undefined {
  if (!claimsRunIdentity(token)) return undefined
  const [payload = '', given = ''] = token.slice(PREFIX.length).split('.')
  const [a, b] = [Buffer.from(given), Buffer.from(signature(secret, payload))]
  if (a.length !== b.length || !timingSafeEqual(a, b)) return undefined
  const content = contentOf(payload)
  return content.until > nowS ? { claims: content.claims, key: content.key } : undefined
}

/**
 * Reads the identity of a bearer token without verification, for the composer: the gateway in front of it has signed it.
 *
 * @returns undefined for any other token
 */
export function readIdentity(token: string): RunIdentity | undefined {
  if (!claimsRunIdentity(token)) return undefined
  try {
    return contentOf(token.slice(PREFIX.length).split('.')[0] ?? '')
  } catch {
    return undefined
  }
}

function contentOf(payload: string): RunIdentity & { readonly until: number } {
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}

function signature(secret: string, payload: string): string {
  return createHmac('sha256', secret).update(payload).digest('base64url')
}
