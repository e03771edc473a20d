/** Validates the claims of a verified token by AgentOS's rules. */
import { isReservedSubject } from '../../config/reserved-subjects.ts'
import type { AuthConfig } from '../../config/types.ts'

/** Claims of a verified token. */
export interface Claims {
  readonly sub?: string
  readonly scopes?: readonly string[]
  readonly aud?: string | readonly string[]
  readonly [claim: string]: unknown
}

/** AgentOS's message for a token of another audience. */
const WRONG_AUDIENCE = 'Invalid token audience - token not valid for this AgentOS instance'

/**
 * Returns the fault of the claims in AgentOS's words; undefined for valid claims.
 *
 * @param nowMs milliseconds since 1970
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4.1
 */
export function claimsFault(claims: Claims, auth: AuthConfig, nowMs: number): string | undefined {
  return timeFault(claims, auth.clockToleranceMs / 1000, nowMs / 1000) ?? partyFault(claims, auth)
}

function timeFault(claims: Claims, toleranceS: number, nowS: number): string | undefined {
  const { iat: issued, nbf: notBefore, exp: expires } = claims
  const iat = numericDate(issued)
  const nbf = numericDate(notBefore)
  const exp = numericDate(expires)
  if (issued !== undefined && iat === undefined) return notAnInteger('iat', 'Issued At')
  if (notBefore !== undefined && nbf === undefined) return notAnInteger('nbf', 'Not Before')
  if (expires !== undefined && exp === undefined) return notAnInteger('exp', 'Expiration Time')
  if (iat !== undefined && iat > nowS + toleranceS) {
    return 'Invalid token: The token is not yet valid (iat)'
  }
  if (nbf !== undefined && nbf > nowS + toleranceS) {
    return 'Invalid token: The token is not yet valid (nbf)'
  }
  return exp !== undefined && exp <= nowS - toleranceS ? 'Token has expired' : undefined
}

function notAnInteger(name: string, title: string): string {
  return `Invalid token: ${title} claim (${name}) must be an integer.`
}

/** Decimal digits as Python's `int()` reads them: `1_700` and blanks around them included. */
const INTEGER_TEXT = /^\s*[+-]?\d+(?:_\d+)*\s*$/

/**
 * A time of a token in whole seconds since 1970. AgentOS (PyJWT's `int()`) also reads digits in a string.
 *
 * @returns undefined for any other value
 */
export function numericDate(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return Math.trunc(value)
  if (typeof value !== 'string' || !INTEGER_TEXT.test(value)) return undefined
  return Number(value.replaceAll('_', ''))
}

function partyFault(claims: Claims, auth: AuthConfig): string | undefined {
  const subject: unknown = claims.sub
  if (subject !== undefined && typeof subject !== 'string') {
    return 'Invalid token: Subject must be a string'
  }
  if (subject !== undefined && isReservedSubject(subject)) return 'Invalid token subject'
  if (auth.verifyAudience) {
    const audiences = listOf(claims.aud)
    if (claims.aud === undefined) return missing('aud', 'Audience')
    if (!audiences.some((each) => auth.audience.includes(each as string))) return WRONG_AUDIENCE
  }
  if (auth.issuer === undefined) return undefined
  const issuer = claims['iss']
  if (issuer === undefined) return missing('iss', 'Issuer')
  return issuer === auth.issuer ? undefined : 'Invalid token: Invalid issuer'
}

function missing(claim: string, what: string): string {
  return `Invalid token: Token is missing the "${claim}" claim. ${what} verification requires this claim to be present in the token.`
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
