/** Authenticates callers by one configuration: no authentication, JWT, API keys or security key. */
import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { AuthConfig } from '../../config/types.ts'
import { Access, scopesIn } from './access.ts'
import { hasApiKeyPrefix } from './api-key.ts'
import { ApiKeys } from './api-keys.ts'
import { Caller } from './caller.ts'
import type { Claims } from './claims.ts'
import { claimsRunIdentity, verifyIdentity } from './run-identity.ts'
import type { FoundToken } from './token.ts'
import { findToken, isServiceAccountToken, unauthorized } from './token.ts'
import type { KeyName, Verifier } from './verifier.ts'

/** Time for which an identical token on the same connection is not verified again, in milliseconds. */
const LAST_CALLER_MS = 60_000

interface LastCaller {
  readonly caller: Caller
  /** `Authorization` of the request. The caller holds none where it was an API key. */
  readonly authorization: string | undefined
  /** Version of the keys that verified the token. */
  readonly keysVersion: number
  /** `performance.now()` */
  readonly untilMs: number
}

/**
 * Authenticates callers by one configuration. It holds no state but caches of verified tokens, so a reload replaces it
 * as a whole.
 */
export class Authenticator {
  readonly #auth: AuthConfig
  readonly #verifier: Verifier
  readonly #apiKeys: ApiKeys
  readonly #accesses = new WeakMap<Claims, Access>()
  readonly #last = new WeakMap<object, LastCaller>()

  constructor(auth: AuthConfig, verifier: Verifier) {
    this.#auth = auth
    this.#verifier = verifier
    this.#apiKeys = new ApiKeys(auth)
  }

  /**
   * Authenticates the caller by the headers of a request. Returns a promise only where a key set has to be fetched
   * first.
   *
   * @param connection connection of the request; a token equal to that of its previous request is not verified again
   * @throws {GatewayError} `AGW_UNAUTHORIZED` in AgentOS's words; `AGW_KEYS_UNAVAILABLE`
   */
  authenticate(headers: IncomingHttpHeaders, connection?: object): Caller | Promise<Caller> {
    if (connection === undefined || !isCacheable(headers)) return this.#authenticateHeaders(headers)
    const last = this.#last.get(connection)
    const { keysVersion } = this.#verifier
    if (last && last.keysVersion === keysVersion && isStill(last, headers)) {
      this.#assertTimely(last.caller)
      return last.caller
    }
    const caller = this.#authenticateHeaders(headers)
    if (caller instanceof Promise) return caller
    const untilMs = performance.now() + LAST_CALLER_MS
    const { authorization } = headers
    this.#last.set(connection, { caller, authorization, keysVersion, untilMs })
    return caller
  }

  #assertTimely({ key, claims }: Caller): void {
    if (key !== undefined) this.#apiKeys.assertTimely(key)
    else if (claims) this.#verifier.assertTimely(claims)
  }

  #authenticateHeaders(headers: IncomingHttpHeaders): Caller | Promise<Caller> {
    const { composerKey } = this.#auth
    const continued = composerKey && this.#continuedCaller(composerKey, headers.authorization)
    if (continued) return continued
    if (this.#auth.mode === 'none') return new Caller(headers.authorization)
    return this.#identify(findToken(headers, this.#auth))
  }

  /** The caller for whom the composer runs. It has the caller's rights, and no token to forward. */
  #continuedCaller(key: string, authorization = ''): Caller | undefined {
    const identity = verifyIdentity(key, bearerIn(authorization), Math.floor(Date.now() / 1000))
    if (identity === undefined) return undefined
    const isContinued = true
    const { mode, adminScope } = this.#auth
    if (mode === 'none') return new Caller(undefined, { isContinued })
    if (mode === 'security_key') {
      return new Caller(undefined, { kind: 'root', scopes: [adminScope], isContinued })
    }
    if (identity.key !== undefined) return this.#apiKeys.named(identity.key)
    if (identity.claims === null) return undefined
    return this.#bearerOf(identity.claims as Claims, undefined, isContinued)
  }

  /**
   * Authenticates a token that did not come in a header, such as that of a WebSocket message.
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
    // Only the issuing AgentOS can verify a service-account token, so it is forwarded to upstreams that do.
    if (isServiceAccountToken(token)) return new Caller(authorization, { kind: 'service-account' })
    if (this.#auth.mode === 'security_key') {
      if (!isSame(token, this.#auth.securityKey ?? '')) {
        throw unauthorized('Invalid authentication token')
      }
      return new Caller(authorization, { kind: 'root', scopes: [this.#auth.adminScope] })
    }
    if (hasApiKeyPrefix(token) || this.#auth.mode === 'api_key') return this.#apiKeys.verify(token)
    const claims = this.#verifier.verify(token)
    return claims instanceof Promise
      ? claims.then((each) => this.#bearerOf(each, authorization))
      : this.#bearerOf(claims, authorization)
  }

  #bearerOf(claims: Claims, authorization: string | undefined, isContinued = false): Caller {
    const access = this.#accessOf(claims)
    return new Caller(authorization, {
      isContinued,
      kind: 'verified',
      claims,
      scopes: access.scopes,
      access: this.#auth.authorization ? access : null,
    })
  }

  /** Names the key that verified the claims. */
  keyOf(claims: Claims): KeyName | undefined {
    return this.#verifier.keyOf(claims)
  }

  /** Claims are cached for each token, so their scopes are parsed once. */
  #accessOf(claims: Claims): Access {
    const known = this.#accesses.get(claims)
    if (known) return known
    const { scopesClaim, adminScope } = this.#auth
    const access = new Access(scopesIn(claims[scopesClaim]), adminScope)
    this.#accesses.set(claims, access)
    return access
  }
}

/** A run of the composer outlasts the token of its caller, so its identity is verified by itself on each request. */
function isCacheable({ authorization, cookie }: IncomingHttpHeaders): boolean {
  return cookie === undefined && !(authorization && claimsRunIdentity(bearerIn(authorization)))
}

/** The part of the header that {@link verifyIdentity} reads. */
function bearerIn(authorization: string): string {
  return authorization.slice('Bearer '.length)
}

function isStill(last: LastCaller, { authorization }: IncomingHttpHeaders): boolean {
  return last.authorization === authorization && performance.now() < last.untilMs
}

/** Compares digests of equal length in constant time, so the duration reveals nothing. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'))
}
