/** Authenticates a client of the workflow socket with AgentOS's frames, and keeps the caller. */

import { Caller } from '../auth/caller.ts'
import { ERRORS, GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import type { ClientMessage } from './client-message.ts'
import type { ClientWriter } from './client-writer.ts'
import {
  AUTHENTICATED_FRAME,
  authErrorFrame,
  authRequiredFrame,
  connectedFrame,
  jwtAuthenticatedFrame,
} from './frames.ts'
import type { SocketPolicy } from './policy.ts'
import { forbiddenMessage, refusedTokenFrame } from './policy.ts'
import type { UpstreamAuth } from './upstream-auth.ts'
import { upstreamAuthOf } from './upstream-auth.ts'
import type { UpstreamLinks } from './upstream-links.ts'

/** Largest number of attempts, as in AgentOS. */
const MAX_ATTEMPTS = 5

export class ClientAuth {
  /** The caller; anonymous until the client sends a token. The gateway verifies the token unless `auth.mode` is `none`. */
  caller = new Caller(undefined)
  readonly #policy: SocketPolicy
  readonly #writer: ClientWriter
  readonly #links: UpstreamLinks
  #upstreamAuth: UpstreamAuth = { requiresAuth: false, scheme: 'JWT', only: undefined }
  #isAdmitted = false
  #token: string | undefined
  #attempts = 0

  constructor(policy: SocketPolicy, writer: ClientWriter, links: UpstreamLinks) {
    this.#policy = policy
    this.#writer = writer
    this.#links = links
  }

  /** The gateway has not accepted a token yet, so it handles no other message. */
  get isAwaited(): boolean {
    return this.#policy.mode !== 'none' && !this.#isAdmitted
  }

  /** Sends the first frame, which says whether the gateway or an upstream needs a token. */
  async greet(gateway: Gateway): Promise<void> {
    const { mode } = this.#policy
    if (mode === 'none') this.#upstreamAuth = await upstreamAuthOf(gateway)
    this.#writer.send(connectedFrame(mode !== 'none' || this.#upstreamAuth.requiresAuth))
  }

  /** Sends the frame that asks for authentication. */
  ask(): void {
    const { mode } = this.#policy
    const scheme = mode === 'jwt' ? 'JWT' : 'bearer token'
    this.#writer.send(authRequiredFrame(mode === 'none' ? this.#upstreamAuth.scheme : scheme))
  }

  /**
   * Verifies the token again for a message that needs a right: it may have expired, or its key may be gone. Renews the
   * caller, because a reload may have changed the rights of its API key.
   *
   * @returns the frame that refuses the token; undefined for a valid one
   */
  async refusal(): Promise<string | undefined> {
    const { mode } = this.#policy
    if (mode === 'none' || this.#token === undefined) return undefined
    try {
      this.caller = await this.#policy.authenticateToken(this.#token)
      return undefined
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return refusedTokenFrame(mode, error)
    }
  }

  /** Error text for a message that the caller may not send; undefined for an allowed one. */
  faultOf({ action, workflowId }: ClientMessage): string | undefined {
    const isAllowed = this.#policy.mayRun(this.caller, workflowId)
    return isAllowed ? undefined : forbiddenMessage(action)
  }

  /**
   * Handles `authenticate`, and forwards the token to upstreams that take the caller's.
   *
   * @returns reason to close the socket; undefined to keep it open
   */
  async authenticate(token: string | undefined): Promise<string | undefined> {
    if (this.isAwaited && ++this.#attempts > MAX_ATTEMPTS) {
      return 'Too many failed authentication attempts'
    }
    if (token !== undefined) return this.#verify(token)
    this.#writer.send(authErrorFrame('Token is required'))
    return undefined
  }

  async #verify(token: string): Promise<string | undefined> {
    const { mode } = this.#policy
    try {
      this.caller = await this.#policy.authenticateToken(token)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      this.#policy.recordRefusal?.(this.caller, error.code)
      this.#writer.send(refusedTokenFrame(mode, error))
      return undefined
    }
    if (this.#policy.acquireForCaller?.(this.caller) === false) {
      this.#policy.recordRefusal?.(this.caller, 'AGW_TOO_MANY_SOCKETS')
      return ERRORS.AGW_TOO_MANY_SOCKETS.detail
    }
    this.#isAdmitted = true
    this.#token = token
    // When a single upstream needs the token, its reply is forwarded. Several upstreams are authenticated on first use.
    const judge = mode === 'none' ? this.#upstreamAuth.only : undefined
    if (judge === undefined) this.#writer.send(AUTHENTICATED_FRAME)
    const { claims } = this.caller
    if (claims) this.#writer.send(jwtAuthenticatedFrame(claims.sub))
    this.#links.authenticate(this.caller, judge)
    return undefined
  }
}
