/**
 * Signs and verifies the identity under which the composer continues a run whose caller is gone. It holds the caller's
 * claims and never its token, and only the gateway that started the composer accepts it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** The caller of a run that is continued. */
export interface RunIdentity {
  /** Claims of the caller's token; null for a caller whose token has none. */
  readonly claims: Readonly<Record<string, unknown>> | null
}

const PREFIX = 'agrun_'
/** Longest time that a continued run may last, in seconds. */
const LIFETIME_S = 86_400
/** Claims of the token itself: they end with it. */
const OF_THE_TOKEN = new Set(['exp', 'nbf', 'iat', 'jti'])

/** Returns a bearer token for the requests of a continued run. @param nowS seconds since 1970 */
export function signIdentity(key: string, { claims }: RunIdentity, nowS: number): string {
  const kept = claims && Object.entries(claims).filter(([name]) => !OF_THE_TOKEN.has(name))
  const content = { claims: kept && Object.fromEntries(kept), until: nowS + LIFETIME_S }
  const payload = Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${PREFIX}${payload}.${signature(key, payload)}`
}

/** Returns the identity of a bearer token; undefined for any other token. @param nowS seconds since 1970 */
export function verifyIdentity(key: string, token: string, nowS: number): RunIdentity | undefined {
  if (!token.startsWith(PREFIX)) return undefined
  const [payload = '', given = ''] = token.slice(PREFIX.length).split('.')
  const [a, b] = [Buffer.from(given), Buffer.from(signature(key, payload))]
  if (a.length !== b.length || !timingSafeEqual(a, b)) return undefined
  const content = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as RunIdentity & {
    readonly until: number
  }
  return content.until > nowS ? { claims: content.claims } : undefined
}

function signature(key: string, payload: string): string {
  return createHmac('sha256', key).update(payload).digest('base64url')
}
