/** Defines the interface between an upstream and the minter of its tokens, which is `src/auth/minter.ts`. */

/** The bearer of a token. */
export interface Bearer {
  /** Claims of the caller's verified token; null for a caller without one. */
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly scopes: readonly string[]
}

/** A token, and the cache key of its bearer. */
export interface MintedToken {
  readonly token: string
  readonly key: string
}

/** Signs the tokens of one upstream. */
export interface TokenMinter {
  /** The gateway's own token, for reading lists and configs. */
  own(): MintedToken
  /** The token of a caller. */
  tokenFor(bearer: Bearer): MintedToken
}
