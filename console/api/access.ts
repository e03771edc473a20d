/** The form of `/gateway/access`: identity and rights of a token. */

export interface AccessView {
  readonly mode: 'none' | 'jwt' | 'api_key' | 'security_key'
  readonly authorization: boolean
  readonly caller: string
  readonly subject: string | null
  readonly api_key: string | null
  readonly is_admin: boolean
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly key: {
    readonly alg: string
    readonly kid: string | null
    readonly source: string
  } | null
  readonly expires_at: string | null
  readonly scopes: readonly { readonly scope: string; readonly granted: boolean }[]
  readonly unknown_scopes: readonly string[]
  readonly components: Readonly<
    Record<string, { readonly total: number; readonly read: number; readonly run: number }>
  >
  /** Null for callers that are no administrators. */
  readonly api_keys: readonly ApiKeyEntry[] | null
  /** Names of the budgets in force. Null for callers that are no administrators. */
  readonly budgets: readonly string[] | null
}

export interface ApiKeyEntry {
  readonly name: string
  readonly user: string | null
  readonly scopes: readonly string[]
  readonly expires_at: string | null
  readonly is_expired: boolean
}
