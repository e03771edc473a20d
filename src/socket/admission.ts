/** Asks a client of the workflow socket for a token and remembers it, in AgentOS's frames. */
import { ERRORS, GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { Caller } from '../remote/config-cache.ts'
import type { Message } from './commands.ts'
import {
  AUTHENTICATED_FRAME,
  authErrorFrame,
  authRequiredFrame,
  connectedFrame,
  jwtAuthenticatedFrame,
} from './frames.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { forbiddenWords, refusedTokenFrame } from './gatekeeper.ts'
import type { Links } from './links.ts'
import type { Locks } from './locks.ts'
import { locksOf } from './locks.ts'
import type { Outlet } from './peer.ts'

/** As AgentOS allows on a public socket. */
const MOST_ATTEMPTS = 5

export class Admission {
  /** Who the client is: nobody until it has brought a token, which is verified where the gateway verifies. */
  caller = new Caller(undefined)
  readonly #gatekeeper: Gatekeeper
  readonly #outlet: Outlet
  readonly #links: Links
  #locks: Locks = { requiresAuth: false, scheme: 'JWT', only: undefined }
  #isAdmitted = false
  #attempts = 0

  constructor(gatekeeper: Gatekeeper, outlet: Outlet, links: Links) {
    this.#gatekeeper = gatekeeper
    this.#outlet = outlet
    this.#links = links
  }

  /** The gateway listens to nothing else until there is a token that it finds good. */
  get isAwaited(): boolean {
    return this.#gatekeeper.mode !== 'none' && !this.#isAdmitted
  }

  /** The first frame: whether a token is needed, by the gateway or by an upstream that is shown the caller's. */
  async greet(gateway: Gateway): Promise<void> {
    const { mode } = this.#gatekeeper
    if (mode === 'none') this.#locks = await locksOf(gateway)
    this.#outlet.send(connectedFrame(mode !== 'none' || this.#locks.requiresAuth))
  }

  /** Tells the client that it has to authenticate. */
  ask(): void {
    const { mode } = this.#gatekeeper
    const scheme = mode === 'security_key' ? 'bearer token' : 'JWT'
    this.#outlet.send(authRequiredFrame(mode === 'none' ? this.#locks.scheme : scheme))
  }

  /** Why this message is not for this client; undefined where it may be sent on. */
  faultOf({ action, workflowId }: Message): string | undefined {
    const isAllowed = this.#gatekeeper.mayRun(this.caller, workflowId)
    return isAllowed ? undefined : forbiddenWords(action)
  }

  /**
   * Answers `authenticate` and passes the token on to where it is needed.
   *
   * @returns why the client has to leave, if it has to
   */
  async authenticate(token: string | undefined): Promise<string | undefined> {
    if (this.isAwaited && ++this.#attempts > MOST_ATTEMPTS) {
      return 'Too many failed authentication attempts'
    }
    if (token !== undefined) return this.#take(token)
    this.#outlet.send(authErrorFrame('Token is required'))
    return undefined
  }

  async #take(token: string): Promise<string | undefined> {
    const { mode } = this.#gatekeeper
    try {
      this.caller = await this.#gatekeeper.authenticateToken(token)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      this.#outlet.send(refusedTokenFrame(mode, error))
      return undefined
    }
    if (this.#gatekeeper.mayStay?.(this.caller) === false) return ERRORS.AGW_TOO_MANY_SOCKETS.detail
    this.#isAdmitted = true
    // Where just one upstream asks for tokens, its word is the answer; else each is asked when it is needed.
    const judge = mode === 'none' ? this.#locks.only : undefined
    if (judge === undefined) this.#outlet.send(AUTHENTICATED_FRAME)
    const { claims } = this.caller
    if (claims) this.#outlet.send(jwtAuthenticatedFrame(claims.sub))
    this.#links.authenticate(this.caller, judge)
    return undefined
  }
}
