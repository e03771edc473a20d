/** Asks a client of the workflow socket for a token and remembers it, in AgentOS's frames. */

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

/** As AgentOS allows on a public socket. */
const MAX_ATTEMPTS = 5

export class ClientAuth {
  /** Who the client is: nobody until it has brought a token, which is verified where the gateway verifies. */
  caller = new Caller(undefined)
  readonly #policy: SocketPolicy
  readonly #writer: ClientWriter
  readonly #links: UpstreamLinks
  #upstreamAuth: UpstreamAuth = { requiresAuth: false, scheme: 'JWT', only: undefined }
  #isAdmitted = false
  #attempts = 0

  constructor(policy: SocketPolicy, writer: ClientWriter, links: UpstreamLinks) {
    this.#policy = policy
    this.#writer = writer
    this.#links = links
  }

  /** The gateway listens to nothing else until there is a token that it finds good. */
  get isAwaited(): boolean {
    return this.#policy.mode !== 'none' && !this.#isAdmitted
  }

  /** The first frame: whether a token is needed, by the gateway or by an upstream that is shown the caller's. */
  async greet(gateway: Gateway): Promise<void> {
    const { mode } = this.#policy
    if (mode === 'none') this.#upstreamAuth = await upstreamAuthOf(gateway)
    this.#writer.send(connectedFrame(mode !== 'none' || this.#upstreamAuth.requiresAuth))
  }

  /** Tells the client that it has to authenticate. */
  ask(): void {
    const { mode } = this.#policy
    const scheme = mode === 'security_key' ? 'bearer token' : 'JWT'
    this.#writer.send(authRequiredFrame(mode === 'none' ? this.#upstreamAuth.scheme : scheme))
  }

  /** Why this message is not for this client; undefined where it may be sent on. */
  faultOf({ action, workflowId }: ClientMessage): string | undefined {
    const isAllowed = this.#policy.mayRun(this.caller, workflowId)
    return isAllowed ? undefined : forbiddenMessage(action)
  }

  /**
   * Answers `authenticate` and passes the token on to where it is needed.
   *
   * @returns why the client has to leave, if it has to
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
      this.#writer.send(refusedTokenFrame(mode, error))
      return undefined
    }
    if (this.#policy.acquireForCaller?.(this.caller) === false)
      return ERRORS.AGW_TOO_MANY_SOCKETS.detail
    this.#isAdmitted = true
    // Where just one upstream asks for tokens, its word is the answer; else each is asked when it is needed.
    const judge = mode === 'none' ? this.#upstreamAuth.only : undefined
    if (judge === undefined) this.#writer.send(AUTHENTICATED_FRAME)
    const { claims } = this.caller
    if (claims) this.#writer.send(jwtAuthenticatedFrame(claims.sub))
    this.#links.authenticate(this.caller, judge)
    return undefined
  }
}
