/** Signs short-lived tokens for callers at one upstream (`credentials: mint`). */
import { hash } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import { LRUCache } from 'lru-cache'
import type { ComponentKind, MintPolicy } from '../../config/types.ts'
import type { Bearer, MintedToken, TokenMinter } from '../upstream/token-minter.ts'
import { ADMIN_SCOPE, parseScope } from './access.ts'
import { numericDate } from './claims.ts'

/** Number of minted tokens that are cached. */
const KEPT_TOKENS = 2_000
/** A token is renewed when less than this part of its lifetime is left. */
const LEAST_LEFT = 0.2
/** Scopes of the gateway's own requests: lists and configuration. */
const OWN_SCOPES = ['config:read', 'agents:read', 'teams:read', 'workflows:read']

/** The context that a minter takes from the gateway. */
export interface MintContext {
  /** `sub` of the gateway's own tokens. */
  readonly gatewayId: string
  /** Name of the admin scope at the gateway. */
  readonly adminScope: string
  /** The upstream's id of a component, by its id at the gateway; undefined where another upstream owns it. */
  upstreamIdOf(kind: ComponentKind, id: string): string | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

interface Kept extends MintedToken {
  /** Milliseconds since 1970, like `renewAtMs`. */
  readonly mintedAtMs: number
  readonly renewAtMs: number
  /** Seconds since 1970. */
  readonly exp: number
}

/**
 * Signs tokens with the audience of one upstream, the caller's `sub`, and the caller's scopes for this upstream in its
 * own ids. Tokens are cached until near their expiry, so a signature is made once a minute and caller.
 */
export class Minter implements TokenMinter {
  readonly #policy: MintPolicy
  readonly #context: MintContext
  readonly #sign: (payload: Record<string, unknown>) => string
  readonly #kept = new LRUCache<string, Kept>({ max: KEPT_TOKENS })

  constructor(policy: MintPolicy, context: MintContext) {
    this.#policy = policy
    this.#context = context
    this.#sign = createSigner({
      key: policy.key,
      algorithm: policy.alg,
      ...(policy.kid !== undefined && { kid: policy.kid }),
    })
  }

  /** The token of a caller. It expires no later than the caller's own. */
  tokenFor({ claims, scopes }: Bearer): MintedToken {
    const taken = this.#policy.claims.map((name) => [name, claims?.[name]] as const)
    const minted = {
      ...Object.fromEntries(taken.filter(([, value]) => value !== undefined)),
      ...(claims?.['sub'] !== undefined && { sub: claims['sub'] }),
      scopes: this.#reduced(scopes),
    }
    return this.#token(minted, numericDate(claims?.['exp']) ?? Number.POSITIVE_INFINITY)
  }

  /** The gateway's own token, for lists and configuration. */
  own(): MintedToken {
    const claims = { sub: this.#context.gatewayId, scopes: OWN_SCOPES }
    return this.#token(claims, Number.POSITIVE_INFINITY)
  }

  #token(claims: Record<string, unknown>, latestS: number): MintedToken {
    const nowMs = (this.#context.now ?? Date.now)()
    const key = hash('sha256', JSON.stringify(claims), 'base64url')
    const kept = this.#kept.get(key)
    // A clock that was set back makes the `iat` of a cached token lie in the future.
    const isFresh = kept !== undefined && kept.mintedAtMs <= nowMs && nowMs < kept.renewAtMs
    // Another token of the same caller may expire earlier than the one that the cached token was made for.
    if (isFresh && kept.exp <= latestS) return kept
    const { audience: aud, issuer: iss, ttlMs } = this.#policy
    const iat = Math.floor(nowMs / 1000)
    const exp = Math.min(iat + Math.ceil(ttlMs / 1000), latestS)
    const token = this.#sign({ ...claims, aud, iss, iat, exp })
    const renewAtMs = nowMs + (exp * 1000 - nowMs) * (1 - LEAST_LEFT)
    const made = { token, key, exp, mintedAtMs: nowMs, renewAtMs }
    this.#kept.set(key, made)
    return made
  }

  /**
   * Keeps scopes of single components that this upstream owns. A scope of unknown form is left out: an upstream could
   * read it otherwise (AgentOS reads `agents::run` as `agents:run`).
   */
  #reduced(scopes: readonly string[]): string[] {
    const { adminScope } = this.#context
    const reduced = scopes.flatMap((scope) => {
      if (scope === adminScope) return [ADMIN_SCOPE]
      const { resource, id, action } = parseScope(scope) ?? {}
      // With a renamed admin scope at the gateway, AgentOS's own name would grant everything at the upstream.
      if (resource === undefined || resource === ADMIN_RESOURCE) return []
      if (id === undefined) return [scope]
      const upstreamId = isKind(resource) ? this.#context.upstreamIdOf(resource, id) : undefined
      return upstreamId !== undefined && isNameable(upstreamId)
        ? [`${resource}:${upstreamId}:${action}`]
        : []
    })
    return [...new Set(reduced)].sort()
  }
}

const [ADMIN_RESOURCE] = ADMIN_SCOPE.split(':')

/** Returns whether a scope can name the component: an id with `*` or a colon would name others. */
function isNameable(id: string): boolean {
  return id !== '' && id !== '*' && !id.includes(':')
}

function isKind(resource: string): resource is ComponentKind {
  return resource === 'agents' || resource === 'teams' || resource === 'workflows'
}
