/** Verifies the signatures of tokens with the keys of one configuration, and words failures as AgentOS does. */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { AuthConfig, JwtKeyConfig } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { Claims } from './claims.ts'
import { claimsFault } from './claims.ts'
import type { RemoteKeys } from './remote-keys.ts'
import { unauthorized } from './token.ts'

/** Number of verified tokens that are cached, and the time for which their signature counts as verified. */
const REMEMBERED_TOKENS = 1_000
const REMEMBERED_MS = 600_000

/**
 * Most keys that one token is tried with. OpenID Connect Core §10.1 requires a `kid` from two keys on; a set of thousands
 * would otherwise hold up the event loop for hundreds of milliseconds.
 */
const MAX_TRIED_KEYS = 32

/** Includes signatures that no key of the algorithm can make, such as one of another length. */
const WRONG_KEY_CODES = new Set([
  'FAST_JWT_INVALID_SIGNATURE',
  'FAST_JWT_MISSING_SIGNATURE',
  'FAST_JWT_VERIFY_ERROR',
])

/**
 * Verifies a token's signature with one key and one algorithm, and `crit`; it does not check times.
 *
 * @throws errors with a `code` of fast-jwt
 */
export type VerifySignature = (token: string, key: JwtKeyConfig) => Claims

/** The public description of a verification key. */
export interface KeyName {
  readonly alg: string
  readonly kid: string | null
  readonly source: string
}

/** Unverified members of a token's header; they only select the keys to try. */
interface TokenHeader {
  readonly alg?: unknown
  readonly kid?: unknown
}

/**
 * Verifies the tokens of one configuration. A key is used only with its own algorithm, so a token cannot choose how it
 * is verified. Keys and addresses inside a token (`jku`, `jwk`, `x5u`) are ignored.
 */
export class Verifier {
  readonly #auth: AuthConfig
  readonly #verifySignature: VerifySignature
  readonly #remoteKeys: RemoteKeys | undefined
  readonly #remembered = new LRUCache<string, Claims>({
    max: REMEMBERED_TOKENS,
    ttl: REMEMBERED_MS,
  })

  /** Which key verified which claims. */
  readonly #keyOfClaims = new WeakMap<Claims, JwtKeyConfig>()
  #rememberedVersion = 0

  constructor(auth: AuthConfig, verifySignature: VerifySignature, remoteKeys?: RemoteKeys) {
    this.#auth = auth
    this.#verifySignature = verifySignature
    this.#remoteKeys = remoteKeys
  }

  /**
   * Returns the claims of a token. Returns a promise only where a key set has to be fetched first.
   *
   * @throws {GatewayError} `AGW_UNAUTHORIZED`; `AGW_KEYS_UNAVAILABLE` before the first key set is fetched
   */
  verify(token: string): Claims | Promise<Claims> {
    const version = this.keysVersion
    if (version !== this.#rememberedVersion) {
      this.#remembered.clear()
      this.#rememberedVersion = version
    }
    const digest = hash('sha256', token, 'base64url')
    const known = this.#remembered.get(digest)
    if (known) return this.#accepted(known)
    const header = headerOf(token)
    const claims = this.#tryKeys(token, digest, header)
    if (claims) return claims
    if (this.#mayBeNew(header)) return this.#verifyWithFetched(token, digest, header)
    throw unauthorized(this.#noKeyWords(header))
  }

  /** Changes with the keys: tokens verified under another version are verified again. */
  get keysVersion(): number {
    return this.#remoteKeys?.version ?? 0
  }

  async #verifyWithFetched(token: string, digest: string, header: TokenHeader): Promise<Claims> {
    await this.#remoteKeys?.refresh()
    const claims = this.#tryKeys(token, digest, header)
    if (claims) return claims
    if (this.#remoteKeys?.known !== undefined) throw unauthorized(this.#noKeyWords(header))
    throw new GatewayError('AGW_KEYS_UNAVAILABLE')
  }

  /**
   * @returns undefined when no known key signed the token
   * @throws {GatewayError} `AGW_UNAUTHORIZED` when a key did, but the token is invalid for another reason
   */
  #tryKeys(token: string, digest: string, header: TokenHeader): Claims | undefined {
    for (const key of this.#fitting(header)) {
      try {
        const claims = this.#verifySignature(token, key)
        this.#remembered.set(digest, claims)
        this.#keyOfClaims.set(claims, key)
        return this.#accepted(claims)
      } catch (error) {
        if (error instanceof GatewayError) throw error
        if (!isWrongKey(error)) throw unauthorized(wordsFor(error), error)
      }
    }
    return undefined
  }

  /**
   * Checks the times of the claims, also for a cached token.
   *
   * @throws {GatewayError} `AGW_UNAUTHORIZED`
   */
  assertTimely(claims: Claims): void {
    const fault = claimsFault(claims, this.#auth, Date.now())
    if (fault !== undefined) throw unauthorized(fault)
  }

  /** Names the key that verified the claims, never the key itself; undefined where another verifier did. */
  keyOf(claims: Claims): KeyName | undefined {
    const key = this.#keyOfClaims.get(claims)
    if (key === undefined) return undefined
    const index = this.#auth.keys.indexOf(key)
    const source = index === -1 ? 'auth.jwks_url' : `key ${index + 1} of the configuration`
    return { alg: key.alg, kid: key.kid ?? null, source }
  }

  #accepted(claims: Claims): Claims {
    this.assertTimely(claims)
    return claims
  }

  #keys(): readonly JwtKeyConfig[] {
    const fetched = this.#remoteKeys?.known
    return fetched === undefined ? this.#auth.keys : [...this.#auth.keys, ...fetched]
  }

  /**
   * Returns the keys to try, those with the `kid` of the token first.
   *
   * @throws {GatewayError} `AGW_UNAUTHORIZED` when there are too many
   */
  #fitting({ alg, kid }: TokenHeader): readonly JwtKeyConfig[] {
    const named: JwtKeyConfig[] = []
    const unnamed: JwtKeyConfig[] = []
    for (const key of this.#keys()) {
      if (key.alg !== alg) continue
      if (key.kid === kid) named.push(key)
      // A token without a `kid` may be signed by any key, and a key without a `kid` may sign any token.
      else if (key.kid === undefined || kid === undefined) unnamed.push(key)
    }
    if (named.length + unnamed.length <= MAX_TRIED_KEYS) return [...named, ...unnamed]
    const isNamed = kid !== undefined && named.length > 0 && named.length <= MAX_TRIED_KEYS
    if (isNamed) return named
    throw unauthorized('Invalid token: Key ID header parameter is required with so many keys')
  }

  /** Returns whether the issuer may have a key that has not been fetched yet. */
  #mayBeNew({ kid }: TokenHeader): boolean {
    const known = this.#remoteKeys?.known
    if (known === undefined) return this.#remoteKeys !== undefined
    return kid !== undefined && !this.#keys().some((key) => key.kid === kid)
  }

  #noKeyWords({ alg }: TokenHeader): string {
    return this.#keys().some((key) => key.alg === alg)
      ? 'Invalid token: Signature verification failed'
      : 'Invalid token: The specified alg value is not allowed'
  }
}

function headerOf(token: string): TokenHeader {
  const segments = token.split('.')
  if (segments.length < 3) throw unauthorized('Invalid token: Not enough segments')
  const header = parsed(segments[0] as string)
  if (header === undefined) throw unauthorized('Invalid token: Invalid header string')
  if (header.kid !== undefined && typeof header.kid !== 'string') {
    throw unauthorized('Invalid token: Key ID header parameter must be a string')
  }
  return header
}

function parsed(segment: string): TokenHeader | undefined {
  try {
    const header: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
    return typeof header === 'object' && header !== null && !Array.isArray(header)
      ? header
      : undefined
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function isWrongKey(error: unknown): boolean {
  return WRONG_KEY_CODES.has(codeOf(error))
}

/** The message of PyJWT, and so of AgentOS, for the same fault. */
function wordsFor(failure: unknown): string {
  return codeOf(failure) === 'FAST_JWT_INVALID_CRIT_HEADER'
    ? 'Invalid token: Unsupported critical extension'
    : 'Invalid token: Invalid payload string'
}
