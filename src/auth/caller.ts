/** Holds the identity of a caller: its claims, what it may see, and the token that each upstream gets. */
import { hash } from 'node:crypto'
import type { ComponentKind, UpstreamConfig } from '../../config/types.ts'
import { errorBody, GatewayError, RefusedAnswer } from '../errors.ts'
import { boundedText } from '../limits/bounded-text.ts'
import type { MintedToken } from '../upstream/token-minter.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Access } from './access.ts'
import type { Claims } from './claims.ts'
import { signIdentity } from './run-identity.ts'
import { tokenOf } from './token.ts'

/** The identity under which an answer is fetched and cached. An answer for one identity is never shown to another. */
export interface Identity {
  /** Cache key: a digest for callers, so that no cache holds a token. */
  readonly key: string
  readonly authorization: string | undefined
}

/** The part of an upstream that decides about credentials. */
export type CredentialTarget = Pick<Upstream, 'config' | 'minter'>

/** The gateway's own identity at an upstream: `config_token`, else the token it always sends there, else none. */
export function ownIdentity({ config, minter }: CredentialTarget): Identity {
  const { configToken, credentials } = config
  const fixed = configToken ?? (credentials.kind === 'bearer' ? credentials.token : undefined)
  const token = fixed ?? minter?.own().token
  return { key: 'own', authorization: token === undefined ? undefined : `Bearer ${token}` }
}

/** AgentOS's message for a service-account token where none are enabled. */
export const NO_SERVICE_ACCOUNTS = 'Service accounts are not enabled on this AgentOS instance'

function noToken(upstream: string): string {
  return `The run was interrupted and is continued without its caller: upstream '${upstream}' gets the caller's token, and tokens are not stored`
}

/** How a caller was authenticated. `root`: by the security key; `verified`: by a JWT. */
export type CallerKind = 'anonymous' | 'verified' | 'api-key' | 'root' | 'service-account'

/** Details of a caller beside its header. */
export interface CallerDetails {
  readonly kind?: CallerKind
  readonly key?: string | undefined
  readonly claims?: Claims | null
  readonly access?: Access | null
  readonly scopes?: readonly string[]
  /** Default false. */
  readonly isContinued?: boolean
}

/** Longest {@link Caller.subject}, in UTF-16 code units. */
const SUBJECT_LENGTH = 128

/** A caller of the gateway. */
export class Caller {
  /** The caller's `Authorization` for upstreams, as received or made from the cookie. Undefined for an API key. */
  readonly authorization: string | undefined
  readonly kind: CallerKind
  /** Name of the caller's API key in the configuration; undefined without one. */
  readonly key: string | undefined
  /** Claims of a verified token or of an API key; null where the gateway verifies none. */
  readonly claims: Claims | null
  /** The caller's scopes; null where the gateway does not enforce scopes. */
  readonly access: Access | null
  /** The scopes as written in the token. */
  readonly scopes: readonly string[]
  /** The composer continues a run of this caller, and the caller's token is not stored. */
  readonly isContinued: boolean
  #digest: string | undefined

  constructor(
    authorization: string | undefined,
    {
      kind = 'anonymous',
      key,
      claims = null,
      access = null,
      scopes = [],
      isContinued = false,
    }: CallerDetails = {},
  ) {
    this.authorization = authorization
    this.kind = kind
    this.key = key
    this.claims = claims
    this.access = access
    this.scopes = scopes
    this.isContinued = isContinued
  }

  /** Returns whether the caller may read a component. @param id id at the gateway */
  sees(kind: ComponentKind, id: string): boolean {
    return this.access?.has(`${kind}:read`, { kind, id }) ?? true
  }

  /**
   * `sub` of the verified token, or the user of the API key, for log, metrics and traces; undefined without one. Cut after
   * 128 characters, and control characters become U+FFFD.
   */
  get subject(): string | undefined {
    const isVerified = this.kind === 'verified' || this.kind === 'api-key'
    const subject = isVerified ? this.claims?.sub : undefined
    if (subject === undefined || subject === '') return undefined
    return boundedText(subject, SUBJECT_LENGTH)
  }

  /**
   * Identifies a verified caller for limits and ownership; undefined for any other caller. The first word keeps the
   * kinds of names apart, so that no `sub` equals an API key.
   */
  get principal(): string | undefined {
    const { claims, key, kind, authorization = '' } = this
    if (claims?.sub !== undefined) return `sub ${claims.sub}`
    if (key !== undefined) return `key ${key}`
    if (kind !== 'verified' && kind !== 'root') return undefined
    // Without the scheme: a caller could spell it in many ways.
    return `token ${hash('sha256', tokenOf(authorization), 'base64url')}`
  }

  /** Identifies the caller in caches by its key's name or a digest of its token. Empty without either. */
  get digest(): string {
    // No base64url text has a colon.
    if (this.key !== undefined) return `key:${this.key}`
    if (this.authorization === undefined) return ''
    this.#digest ??= hash('sha256', this.authorization, 'base64url')
    return this.#digest
  }

  /**
   * The caller's identity at an upstream. It is the gateway's own where the upstream never gets the caller's token, or
   * where there is no token.
   *
   * @throws {RefusedAnswer} for a service account at an upstream that does not verify its token
   */
  identityAt(target: CredentialTarget): Identity {
    const { authorization } = this
    const { config } = target
    if (!this.isCheckedAt(config)) {
      throw new RefusedAnswer(config.name, 401, Buffer.from(errorBody(NO_SERVICE_ACCOUNTS)))
    }
    const minted = this.#mintedFor(target)
    if (minted) return { key: minted.key, authorization: `Bearer ${minted.token}` }
    const signed = this.#signedFor(config)
    if (signed !== undefined) {
      return { key: `${this.digest} ${JSON.stringify(this.claims)}`, authorization: signed }
    }
    if (config.credentials.kind !== 'forward') return ownIdentity(target)
    if (authorization !== undefined) return { key: this.digest, authorization }
    if (config.configToken === undefined) return ownIdentity(target)
    return { key: 'anonymous', authorization: undefined }
  }

  /**
   * The `Authorization` of a request of this caller to an upstream, by the upstream's credential policy.
   *
   * @throws {GatewayError} `AGW_UNAUTHORIZED` for a service account at an upstream that does not check its token, and for
   *   a continued run at an upstream that gets its caller's token
   */
  authorizationAt(target: CredentialTarget): string | undefined {
    const { credentials } = target.config
    if (!this.isCheckedAt(target.config)) {
      throw new GatewayError('AGW_UNAUTHORIZED', { detail: NO_SERVICE_ACCOUNTS })
    }
    if (credentials.kind === 'bearer') return `Bearer ${credentials.token}`
    if (credentials.kind === 'forward') {
      if (this.isContinued) {
        throw new GatewayError('AGW_UNAUTHORIZED', { detail: noToken(target.config.name) })
      }
      return this.authorization ?? this.#signedFor(target.config)
    }
    const minted = this.#mintedFor(target)
    return minted && `Bearer ${minted.token}`
  }

  /** A caller without a token gets no minted one. */
  #mintedFor({ minter }: CredentialTarget): MintedToken | undefined {
    if (minter === undefined || this.kind === 'anonymous') return undefined
    return minter.tokenFor({ claims: this.claims, scopes: this.scopes })
  }

  /** The composer gets a signed identity in place of an API key, which no upstream gets. */
  #signedFor({ credentials }: UpstreamConfig): string | undefined {
    const { claims, key } = this
    if (key === undefined || credentials.kind !== 'forward') return undefined
    const { identityKey } = credentials
    if (identityKey === undefined) return undefined
    return `Bearer ${signIdentity(identityKey, { claims, key }, Math.floor(Date.now() / 1000))}`
  }

  /** A token that the gateway cannot verify is sent only to an upstream that verifies it. */
  isCheckedAt({ serviceAccounts }: UpstreamConfig): boolean {
    return this.kind !== 'service-account' || serviceAccounts
  }
}
