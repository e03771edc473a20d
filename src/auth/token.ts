/** Finds the token in a request. */
import type { IncomingHttpHeaders } from 'node:http'
import type { AuthConfig } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'

/** Longest token that is looked at, in characters. */
const LONGEST_TOKEN = 16 * 1024
/** How tokens of AgentOS service accounts begin. */
const SERVICE_ACCOUNT_PREFIX = 'agno_pat_'

/** A token as it was found. */
export interface FoundToken {
  readonly token: string
  /** The `Authorization` header that carries it on: as it came, or made of the cookie. */
  readonly authorization: string
}

type Where = Pick<AuthConfig, 'mode' | 'tokenSource' | 'cookieName'>

/**
 * The token of a request, from where the configuration says.
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

/** An AgentOS service-account token: opaque, and only checked by the AgentOS that issued it. */
export function isServiceAccountToken(token: string): boolean {
  return token.startsWith(SERVICE_ACCOUNT_PREFIX)
}

export function unauthorized(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('AGW_UNAUTHORIZED', { detail, cause })
}

/** AgentOS takes `Bearer <token>` and the bare token. */
function inHeader(authorization: string | undefined): FoundToken | undefined {
  const token = authorization?.replace(/^bearer /i, '').trim()
  return token && authorization !== undefined ? { token, authorization } : undefined
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
    // What can't stand in a header can't be a token either.
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
