/** What an upstream knows of the tokens that are minted for it; `src/auth/minter.ts` makes them. */

/** Whose token it is. */
export interface Bearer {
  /** Claims of the caller's verified token; null for a caller without one. */
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly scopes: readonly string[]
}

/** A token, and the key that separates its bearer from others in caches. */
export interface MintedToken {
  readonly token: string
  readonly key: string
}

/** Makes the tokens of one upstream. */
export interface TokenMinter {
  /** The gateway's own token, for reading lists and configs. */
  own(): MintedToken
  /** The token of a caller. */
  tokenFor(bearer: Bearer): MintedToken
}
