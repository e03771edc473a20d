/** Who calls: the identity of a caller, what it may see, and which token an upstream gets. */
import { hash } from 'node:crypto'
import type { ComponentKind, UpstreamConfig } from '../../config/types.ts'
import { errorBody, GatewayError, RefusedAnswer } from '../errors.ts'
import type { MintedToken } from '../upstream/token-minter.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Access } from './access.ts'
import type { Claims } from './claims.ts'

/** As whom something is fetched. What one identity may see is never shown to another. */
export interface Identity {
  /** Cache key: a digest for callers, so that no token is kept as a key. */
  readonly key: string
  readonly authorization: string | undefined
}

/** An upstream, as far as identities go. */
export type CredentialTarget = Pick<Upstream, 'config' | 'minter'>

/** The gateway's own identity at an upstream: `config_token`, else the token it always sends there, else none. */
export function ownIdentity({ config, minter }: CredentialTarget): Identity {
  const { configToken, credentials } = config
  const fixed = configToken ?? (credentials.kind === 'bearer' ? credentials.token : undefined)
  const token = fixed ?? minter?.own().token
  return { key: 'own', authorization: token === undefined ? undefined : `Bearer ${token}` }
}

/** AgentOS's word for a service-account token where none are known. */
export const NO_SERVICE_ACCOUNTS = 'Service accounts are not enabled on this AgentOS instance'

/** How much is known of a caller. `root`: holds the security key. */
export type CallerKind = 'anonymous' | 'verified' | 'root' | 'service-account'

/** What is known of a caller beside the header. */
export interface CallerDetails {
  readonly kind?: CallerKind
  readonly claims?: Claims | null
  readonly access?: Access | null
  readonly scopes?: readonly string[]
}

/** Someone who calls the gateway, by the token they bring. */
export class Caller {
  /** The caller's `Authorization`, as it came, or as made of the cookie. */
  readonly authorization: string | undefined
  readonly kind: CallerKind
  /** Claims of a verified token; null where none was asked for. */
  readonly claims: Claims | null
  /** What the caller may do; null where the gateway does not ask. */
  readonly access: Access | null
  /** As they stand in the token. */
  readonly scopes: readonly string[]
  #digest: string | undefined

  constructor(
    authorization: string | undefined,
    { kind = 'anonymous', claims = null, access = null, scopes = [] }: CallerDetails = {},
  ) {
    this.authorization = authorization
    this.kind = kind
    this.claims = claims
    this.access = access
    this.scopes = scopes
  }

  /** May be shown a component. @param id as callers use it */
  sees(kind: ComponentKind, id: string): boolean {
    return this.access?.has(`${kind}:read`, { kind, id }) ?? true
  }

  /** Tells callers apart in caches, without keeping a token as a key. Empty for callers without one. */
  get digest(): string {
    if (this.authorization === undefined) return ''
    this.#digest ??= hash('sha256', this.authorization, 'base64url')
    return this.#digest
  }

  /**
   * The caller's identity at an upstream. Where the upstream is never shown the caller's token, or where neither the
   * caller nor the gateway has one, it is the gateway's own.
   *
   * @throws {RefusedAnswer} for a service account at an upstream that does not check its token
   */
  identityAt(target: CredentialTarget): Identity {
    const { authorization } = this
    const { config } = target
    if (!this.isCheckedAt(config)) {
      throw new RefusedAnswer(config.name, 401, Buffer.from(errorBody(NO_SERVICE_ACCOUNTS)))
    }
    const minted = this.#mintedFor(target)
    if (minted) return { key: minted.key, authorization: `Bearer ${minted.token}` }
    if (config.credentials.kind !== 'forward') return ownIdentity(target)
    if (authorization !== undefined) return { key: this.digest, authorization }
    if (config.configToken === undefined) return ownIdentity(target)
    return { key: 'anonymous', authorization: undefined }
  }

  /**
   * The `Authorization` of a request of this caller to an upstream, by the upstream's credential policy.
   *
   * @throws {GatewayError} `AGW_UNAUTHORIZED` for a service account at an upstream that does not check its token
   */
  authorizationAt(target: CredentialTarget): string | undefined {
    const { credentials } = target.config
    if (!this.isCheckedAt(target.config)) {
      throw new GatewayError('AGW_UNAUTHORIZED', { detail: NO_SERVICE_ACCOUNTS })
    }
    if (credentials.kind === 'bearer') return `Bearer ${credentials.token}`
    if (credentials.kind === 'forward') return this.authorization
    const minted = this.#mintedFor(target)
    return minted && `Bearer ${minted.token}`
  }

  /** Nobody gets a token without having shown one. */
  #mintedFor({ minter }: CredentialTarget): MintedToken | undefined {
    if (minter === undefined || this.kind === 'anonymous') return undefined
    return minter.tokenFor({ claims: this.claims, scopes: this.scopes })
  }

  /** What the gateway has not checked itself only goes where it will be. */
  isCheckedAt({ serviceAccounts }: UpstreamConfig): boolean {
    return this.kind !== 'service-account' || serviceAccounts
  }
}
