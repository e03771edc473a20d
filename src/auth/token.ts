/** Finds the token in a request. */
import type { IncomingHttpHeaders } from 'node:http'
import type { AuthConfig } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'

/** Longest accepted token, in characters. */
const LONGEST_TOKEN = 16 * 1024
/** Prefix of tokens of AgentOS service accounts. */
const SERVICE_ACCOUNT_PREFIX = 'agno_pat_'

/** A token found in a request. */
export interface FoundToken {
  readonly token: string
  /** The `Authorization` header for upstreams: as received, or made from the cookie. */
  readonly authorization: string
}

type Where = Pick<AuthConfig, 'mode' | 'tokenSource' | 'cookieName'>

/**
 * Reads the token of a request from the configured place.
 *
 * @throws {GatewayError} `AGW_UNAUTHORIZED`, in AgentOS's words, when there is none or it is longer than 16 KiB
 */
export function findToken(headers: IncomingHttpHeaders, where: Where): FoundToken {
  const { tokenSource, cookieName } = where
  const found =
    (tokenSource === 'cookie' ? undefined : inHeader(headers.authorization)) ??
    (tokenSource === 'header' ? undefined : inCookie(headers.cookie, cookieName))
  if (found === undefined) throw unauthorized(missingWords(where))
  if (found.token.length > LONGEST_TOKEN) throw unauthorized('Invalid token: Token is too long')
  return found
}

/** Returns whether the token is an opaque one of a service account, which only the issuing AgentOS can verify. */
export function isServiceAccountToken(token: string): boolean {
  return token.startsWith(SERVICE_ACCOUNT_PREFIX)
}

export function unauthorized(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('AGW_UNAUTHORIZED', { detail, cause })
}

/** The token of an `Authorization` header. AgentOS accepts `Bearer <token>` and the bare token. */
export function tokenOf(authorization: string): string {
  return authorization.replace(/^bearer /i, '').trim()
}

function inHeader(authorization: string | undefined): FoundToken | undefined {
  const token = authorization && tokenOf(authorization)
  return token && authorization ? { token, authorization } : undefined
}

/** @see https://www.rfc-editor.org/rfc/rfc6265#section-4.2.1 */
function inCookie(cookies: string | undefined, name: string): FoundToken | undefined {
  for (const pair of cookies?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
    const token = pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
    // A value with other characters cannot be sent in a header.
    return /^[\x21-\x7e]+$/.test(token) ? { token, authorization: `Bearer ${token}` } : undefined
  }
  return undefined
}

function missingWords({ mode, tokenSource, cookieName }: Where): string {
  if (mode === 'security_key') return 'Authorization header required'
  if (tokenSource === 'header') return 'Authorization header missing'
  return tokenSource === 'cookie'
    ? `JWT cookie '${cookieName}' missing`
    : `JWT token missing from both Authorization header and '${cookieName}' cookie`
}
