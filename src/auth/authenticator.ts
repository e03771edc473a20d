/** Who sends a request: the three modes of authentication in one place. */
import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { AuthConfig } from '../../config/types.ts'
import { Access, scopesIn } from './access.ts'
import { Caller } from './caller.ts'
import type { Claims } from './claims.ts'
import type { FoundToken } from './token.ts'
import { findToken, isServiceAccountToken, unauthorized } from './token.ts'
import type { Verifier } from './verifier.ts'

/** How long a connection's last caller is believed to be the same without the token being looked at, in milliseconds. */
const LAST_CALLER_MS = 60_000

interface LastCaller {
  readonly caller: Caller
  /** Of the keys it was verified with. */
  readonly keysVersion: number
  /** `performance.now()` */
  readonly untilMs: number
}

/**
 * Tells callers by what they bring, as one configuration says. Holds no state but what it and the verifier remember of
 * tokens, so a reload replaces it as a whole.
 */
export class Authenticator {
  readonly #auth: AuthConfig
  readonly #verifier: Verifier
  readonly #accesses = new WeakMap<Claims, Access>()
  readonly #last = new WeakMap<object, LastCaller>()

  constructor(auth: AuthConfig, verifier: Verifier) {
    this.#auth = auth
    this.#verifier = verifier
  }

  /**
   * The caller behind the headers of a request. A promise only where a key set has to be fetched first.
   *
   * @param connection what the request came on: one that brings the token of the request before it is not read anew
   * @throws {GatewayError} `AGW_UNAUTHORIZED` in AgentOS's words; `AGW_KEYS_UNAVAILABLE`
   */
  authenticate(headers: IncomingHttpHeaders, connection?: object): Caller | Promise<Caller> {
    if (connection === undefined || headers.cookie !== undefined)
      return this.#authenticateHeaders(headers)
    const last = this.#last.get(connection)
    const { keysVersion } = this.#verifier
    if (last && last.keysVersion === keysVersion && isStill(last, headers)) {
      if (last.caller.claims) this.#verifier.assertTimely(last.caller.claims)
      return last.caller
    }
    const caller = this.#authenticateHeaders(headers)
    if (caller instanceof Promise) return caller
    const untilMs = performance.now() + LAST_CALLER_MS
    this.#last.set(connection, { caller, keysVersion, untilMs })
    return caller
  }

  #authenticateHeaders(headers: IncomingHttpHeaders): Caller | Promise<Caller> {
    if (this.#auth.mode === 'none') return new Caller(headers.authorization)
    return this.#identify(findToken(headers, this.#auth))
  }

  /**
   * The same for a token that did not come in a header, such as a WebSocket's first message.
   *
   * @throws {GatewayError} as {@link Authenticator.authenticate}
   */
  authenticateToken(token: string): Caller | Promise<Caller> {
    return this.authenticate({
      authorization: `Bearer ${token}`,
      cookie: `${this.#auth.cookieName}=${token}`,
    })
  }

  #identify({ token, authorization }: FoundToken): Caller | Promise<Caller> {
    // Only the AgentOS that issued it can check it: it is let through to those that do.
    if (isServiceAccountToken(token)) return new Caller(authorization, { kind: 'service-account' })
    if (this.#auth.mode === 'security_key') {
      if (!isSame(token, this.#auth.securityKey ?? '')) {
        throw unauthorized('Invalid authentication token')
      }
      return new Caller(authorization, { kind: 'root', scopes: [this.#auth.adminScope] })
    }
    const claims = this.#verifier.verify(token)
    return claims instanceof Promise
      ? claims.then((each) => this.#bearerOf(each, authorization))
      : this.#bearerOf(claims, authorization)
  }

  #bearerOf(claims: Claims, authorization: string): Caller {
    const access = this.#accessOf(claims)
    return new Caller(authorization, {
      kind: 'verified',
      claims,
      scopes: access.scopes,
      access: this.#auth.authorization ? access : null,
    })
  }

  /** The same claims come with every request of a token: their scopes are read once. */
  #accessOf(claims: Claims): Access {
    const known = this.#accesses.get(claims)
    if (known) return known
    const { scopesClaim, adminScope } = this.#auth
    const access = new Access(scopesIn(claims[scopesClaim]), adminScope)
    this.#accesses.set(claims, access)
    return access
  }
}

function isStill({ caller, untilMs }: LastCaller, { authorization }: IncomingHttpHeaders): boolean {
  return caller.authorization === authorization && performance.now() < untilMs
}

/** Takes as long whatever the difference is: digests have one length, and are compared in constant time. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'))
}
