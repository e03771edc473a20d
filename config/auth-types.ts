/** Types of the section `auth` of a loaded configuration. */

export type JwtAlgorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

/** One verification key: a shared secret for HS algorithms, a PEM public key for the others. */
export interface JwtKeyConfig {
  readonly alg: JwtAlgorithm
  /** Used only for tokens with this `kid`. */
  readonly kid: string | undefined
  readonly key: string
}

/** A fixed secret of one caller. The configuration holds its digest, never the key. */
export interface ApiKeyConfig {
  /** Unique; used in logs, metrics, budgets and the audit log. */
  readonly name: string
  /** SHA-256 of the key, and of its predecessor or successor; lower-case hexadecimal digits. At least one. */
  readonly digests: readonly string[]
  /** Enforced in every mode. */
  readonly scopes: readonly string[]
  /** `sub` of the caller; undefined for a caller that is no user. */
  readonly user: string | undefined
  /** Further claims. The gateway sets `sub`, `exp` and the scopes itself. */
  readonly claims: Readonly<Record<string, string>>
  /** Milliseconds since 1970; undefined for a key that does not expire. */
  readonly expiresAtMs: number | undefined
}

export interface AuthConfig {
  /** `jwt` accepts `apiKeys` too, `api_key` nothing else. */
  readonly mode: 'none' | 'jwt' | 'api_key' | 'security_key'
  /** Enforces AgentOS scopes. Default false. */
  readonly authorization: boolean
  /** Scope that grants everything. Default `agent_os:admin`. */
  readonly adminScope: string
  /** Claim that holds the scopes. Default `scopes`. */
  readonly scopesClaim: string
  /** Keys of `keys` and `jwks_file`. */
  readonly keys: readonly JwtKeyConfig[]
  /** Key set fetched while the gateway runs, beside `keys`. */
  readonly jwksUrl: string | undefined
  /** Default none. */
  readonly apiKeys: readonly ApiKeyConfig[]
  /** Required `iss`; undefined accepts any. */
  readonly issuer: string | undefined
  /** Requires an `aud` claim from `audience`. Default false. */
  readonly verifyAudience: boolean
  /** Default the gateway's id. */
  readonly audience: readonly string[]
  /** Default 10 s, as AgentOS. */
  readonly clockToleranceMs: number
  /** Default `header`. */
  readonly tokenSource: 'header' | 'cookie' | 'both'
  /** Default `access_token`. */
  readonly cookieName: string
  /** Key of the identities under which the composer runs for callers without a token; undefined accepts none. Secret. */
  readonly composerKey?: string | undefined
  /** The key of mode `security_key`. */
  readonly securityKey: string | undefined
}
