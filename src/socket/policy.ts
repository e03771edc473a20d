/** Who may say what on a socket, and in whose words it is refused: filled in by the auth of the gateway. */
import type { AuthConfig } from '../../config/types.ts'
import type { Caller } from '../auth/caller.ts'
import { ERRORS, type GatewayError } from '../errors.ts'
import { authErrorFrame } from './frames.ts'

/** Verifies what a client brings. */
export interface SocketPolicy {
  /** `none` lets everybody in: then the upstreams look at the token. */
  readonly mode: AuthConfig['mode']
  /** @throws {GatewayError} `AGW_UNAUTHORIZED`, `AGW_KEYS_UNAVAILABLE` */
  authenticateToken(token: string): Caller | Promise<Caller>
  /** May run this workflow. @param id as callers know it; undefined where the message names none */
  mayRun(caller: Caller, id?: string): boolean
  /** A client has said who it is. @returns false when that caller has as many sockets as it may. Default: true */
  acquireForCaller?(caller: Caller): boolean
  /** Most messages in a second; 0 for no limit. Default: none */
  messageRate?(): number
  /**
   * Takes a place among the runs that may be under way. Default: there is always one.
   *
   * @param id as callers, or the chosen upstream, know it
   * @returns gives it back; undefined where there is none
   */
  acquireRunSlot?(caller: Caller, id?: string): Promise<(() => void) | undefined>
  /** Counts a message; it is one too many. Default: never. @param id as callers, or the chosen upstream, know it */
  countsOverLimit?(caller: Caller, id?: string): Promise<boolean>
}

/** The words of AgentOS's HTTP middleware, and what its socket says instead: PyJWT's own. */
const HTTP_PREFIX = 'Invalid token: '
const SOCKET_MESSAGES: Readonly<Record<string, string>> = {
  'Token has expired': 'Signature has expired',
}

/** AgentOS's frame for a token that is not good. */
export function refusedTokenFrame(mode: SocketPolicy['mode'], error: GatewayError): string {
  const detail = typeof error.detail === 'string' ? error.detail : ERRORS[error.code].detail
  if (error.status !== 401) return authErrorFrame(detail, { error_type: 'server_error' })
  if (mode === 'security_key') return authErrorFrame('Invalid token')
  const words = SOCKET_MESSAGES[detail] ?? detail
  return authErrorFrame(words.startsWith(HTTP_PREFIX) ? words.slice(HTTP_PREFIX.length) : words, {
    error_type: words.toLowerCase().includes('expired') ? 'expired' : 'invalid_token',
  })
}

/** What AgentOS says to someone whose token does not cover the workflow, by the action asked for. */
export function forbiddenMessage(action: unknown): string {
  if (action === 'reconnect') return 'Insufficient permissions to reconnect to this workflow'
  if (action === 'continue-workflow') return 'Insufficient permissions to continue this workflow'
  return 'Insufficient permissions to run this workflow'
}
