/** Verifies API keys by the digests in one configuration. It never holds a key. */
import type { ApiKeyConfig, AuthConfig } from '../../config/types.ts'
import { Access } from './access.ts'
import { apiKeyDigest, isApiKey } from './api-key.ts'
import { Caller } from './caller.ts'
import type { Claims } from './claims.ts'
import { unauthorized } from './token.ts'

/** One text for keys of wrong form and unknown keys, so that a refusal shows nothing about the known ones. */
const INVALID = 'Invalid API key'

interface KnownKey {
  readonly caller: Caller
  /** Milliseconds since 1970; infinite for a key without an end. */
  readonly expiresAtMs: number
}

/**
 * The API keys of one configuration. A key is found by its SHA-256, so the time of the search depends on a digest that
 * its sender cannot choose.
 */
export class ApiKeys {
  readonly #byDigest = new Map<string, KnownKey>()
  readonly #byName = new Map<string, KnownKey>()

  constructor(auth: AuthConfig) {
    for (const key of auth.apiKeys) {
      const expiresAtMs = key.expiresAtMs ?? Number.POSITIVE_INFINITY
      const known = { caller: callerWith(key, auth), expiresAtMs }
      this.#byName.set(key.name, known)
      for (const digest of key.digests) this.#byDigest.set(digest, known)
    }
  }

  /** Returns the caller of a key. @throws {GatewayError} `AGW_UNAUTHORIZED` for a key that is invalid or has expired */
  verify(token: string): Caller {
    // The checksum first: a key of wrong form costs no digest.
    const known = isApiKey(token) ? this.#byDigest.get(apiKeyDigest(token)) : undefined
    if (known === undefined) throw unauthorized(INVALID)
    return unexpired(known)
  }

  /** Checks again a caller of {@link verify}. @throws {GatewayError} `AGW_UNAUTHORIZED` */
  assertTimely(name: string): void {
    const known = this.#byName.get(name)
    if (known) unexpired(known)
  }

  /**
   * Returns the caller of a key that started a run, also after the key has expired: a run in progress outlasts it.
   *
   * @throws {GatewayError} `AGW_UNAUTHORIZED` for a key that the configuration no longer lists
   */
  named(name: string): Caller {
    const known = this.#byName.get(name)
    if (known === undefined) throw unauthorized(INVALID)
    return known.caller
  }
}

function unexpired({ caller, expiresAtMs }: KnownKey): Caller {
  if (Date.now() >= expiresAtMs) throw unauthorized('Token has expired')
  return caller
}

/** Scopes of a key are enforced in every mode: the operator wrote them into this gateway's own configuration. */
function callerWith(key: ApiKeyConfig, { scopesClaim, adminScope }: AuthConfig): Caller {
  const { name, scopes, user, expiresAtMs } = key
  const claims: Claims = {
    ...key.claims,
    ...(user !== undefined && { sub: user }),
    [scopesClaim]: scopes,
    ...(expiresAtMs !== undefined && { exp: Math.floor(expiresAtMs / 1000) }),
  }
  return new Caller(undefined, {
    kind: 'api-key',
    key: name,
    claims,
    scopes,
    access: new Access(scopes, adminScope),
  })
}
