/** Defines the rules of a client socket (authentication, authorization and limits), and AgentOS's texts for a refusal. */
import type { AuthConfig } from '../../config/types.ts'
import type { Caller } from '../auth/caller.ts'
import { ERRORS, type ErrorCode, type GatewayError } from '../errors.ts'
import type { ClientMessage, Destination } from './client-message.ts'
import { authErrorFrame } from './frames.ts'
import type { CommandEnd, FrameListener, SocketGuard } from './open-runs.ts'

/** A run that a message starts, continues or subscribes to. */
export interface ChargedSocketRun {
  readonly caller: Caller
  /** The caller's id, or the named upstream's. */
  readonly workflowId: string | undefined
  readonly upstream: string
  readonly runId: string | undefined
  /** The message only subscribes to the run. */
  readonly isRead: boolean
}

/** Checks of a client socket; the route implements them with the gateway's own rules. */
export interface SocketPolicy {
  /** `none` accepts every client; the upstreams then check the token. A reload may change it. */
  readonly mode: AuthConfig['mode']
  /** @throws {GatewayError} `AGW_UNAUTHORIZED`, `AGW_KEYS_UNAVAILABLE` */
  authenticateToken(token: string): Caller | Promise<Caller>
  /** The caller may run this workflow. @param id the caller's id; undefined for a message without one */
  mayRun(caller: Caller, id?: string): boolean
  /** Counts the socket for an authenticated caller. @returns false when the caller has too many sockets. Default: true */
  acquireForCaller?(caller: Caller): boolean
  /** Limit of messages per second; 0 for no limit. Default: none */
  messageRate?(): number
  /**
   * Acquires a slot in the limit of parallel runs. Default: always granted.
   *
   * @param id the caller's id, or the named upstream's
   * @returns releases the slot; undefined when the limit is reached
   */
  acquireRunSlot?(caller: Caller, id?: string): Promise<(() => void) | undefined>
  /**
   * Admits a run within its budgets, and charges it. Default: nothing is charged.
   *
   * @returns receives the frames of the run; undefined for a run without a budget
   * @throws {GatewayError} `AGW_BUDGET_EXCEEDED`
   */
  chargeRun?(run: ChargedSocketRun): Promise<FrameListener | undefined>
  /** Begins to guard a run that a message starts or continues. @returns undefined for a run without a limit. Default: none */
  guardRun?(
    caller: Caller,
    message: ClientMessage,
    destination: Destination,
  ): Promise<SocketGuard | undefined>
  /**
   * Counts a message in the rate limits. @returns true when it is over a limit. Default: false. @param id the caller's id,
   * or the named upstream's
   */
  countsOverLimit?(caller: Caller, id?: string): Promise<boolean>
  /**
   * Records a message that starts or continues a run, before it is sent. Default: nothing is recorded.
   *
   * @returns records the end of the run
   * @throws {GatewayError} `AGW_AUDIT_UNAVAILABLE`
   */
  recordRun?(
    caller: Caller,
    message: ClientMessage,
    destination: Destination,
  ): Promise<(end?: CommandEnd) => void>
  /** Records a refused token or message. Default: nothing is recorded. @param message undefined for a token */
  recordRefusal?(caller: Caller, code: ErrorCode, message?: ClientMessage): void
}

/** Prefix of errors over HTTP. The socket of AgentOS sends PyJWT's own text instead. */
const HTTP_PREFIX = 'Invalid token: '
const SOCKET_MESSAGES: Readonly<Record<string, string>> = {
  'Token has expired': 'Signature has expired',
}

/** AgentOS's frame for a rejected token. */
export function refusedTokenFrame(mode: SocketPolicy['mode'], error: GatewayError): string {
  const detail = typeof error.detail === 'string' ? error.detail : ERRORS[error.code].detail
  if (error.status !== 401) return authErrorFrame(detail, { error_type: 'server_error' })
  if (mode === 'security_key') return authErrorFrame('Invalid token')
  const words = SOCKET_MESSAGES[detail] ?? detail
  return authErrorFrame(words.startsWith(HTTP_PREFIX) ? words.slice(HTTP_PREFIX.length) : words, {
    error_type: words.toLowerCase().includes('expired') ? 'expired' : 'invalid_token',
  })
}

/** AgentOS's text for a token without permission for the workflow, by action. */
export function forbiddenMessage(action: unknown): string {
  if (action === 'reconnect') return 'Insufficient permissions to reconnect to this workflow'
  if (action === 'continue-workflow') return 'Insufficient permissions to continue this workflow'
  return 'Insufficient permissions to run this workflow'
}
