/** Answers that change seldom (cards, lists, configs), kept per upstream and identity. */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ComponentKind, UpstreamConfig } from '../../config/types.ts'
import { viewOf } from '../a2a/card.ts'
import { AGENT_CARD_PATH } from '../a2a/request.ts'
import type { Access } from '../auth/access.ts'
import type { Claims } from '../auth/claims.ts'
import type { MintedToken } from '../auth/minter.ts'
import { errorBody, GatewayError } from '../errors.ts'
import type { ReplicaPreference } from '../upstream/selection.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** How long a refusal is believed: long enough to spare the upstream, short enough to notice a new right. */
const REFUSAL_TTL_MS = 5_000

/** Cards, lists and configs. */
const UNLIMITED: ReplicaPreference = { bypassesLimit: true }

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

/** An answer as it came. Its JSON is parsed once, when first asked for. */
export class CachedAnswer {
  readonly status: number
  readonly body: Buffer
  readonly fetchedAtMs: number
  #json: unknown

  constructor(status: number, body: Buffer, fetchedAtMs: number) {
    this.status = status
    this.body = body
    this.fetchedAtMs = fetchedAtMs
  }

  /** @throws {SyntaxError} when the body is no JSON; checked before an answer is cached */
  get json(): unknown {
    this.#json ??= JSON.parse(this.body.toString('utf8'))
    return this.#json
  }

  get isJson(): boolean {
    try {
      return this.json !== undefined
    } catch {
      return false
    }
  }

  /** Whole seconds since it was fetched, for the `age` header (RFC 9111 §5.1). */
  ageSeconds(nowMs: number): number {
    return Math.max(0, Math.floor((nowMs - this.fetchedAtMs) / 1000))
  }
}

/** The upstream answered, but not with what was asked for. */
export class RefusedAnswer extends Error {
  override readonly name = 'RefusedAnswer'
  readonly status: number
  readonly body: Buffer

  constructor(upstream: string, status: number, body: Buffer) {
    super(`Upstream '${upstream}' answered ${status}`)
    this.status = status
    this.body = body
  }
}

/** Options of {@link ConfigCache.get}. */
export interface CacheGetOptions {
  readonly ttlMs: number
  /** Longest silence of the fetch in milliseconds. */
  readonly silenceMs: number
  /** Asks the upstream even when a fresh answer is there; fails when the upstream does. */
  readonly isFreshWanted?: boolean
}

interface FetchContext {
  readonly upstream: Upstream
  readonly path: string
  readonly identity: Identity
  readonly silenceMs: number
}

/**
 * Bounded cache with single flight and stale-while-revalidate: only a caller for whom nothing is known waits for the
 * upstream, and what was known outlives the upstream's failures.
 */
export class ConfigCache {
  readonly #answers: LRUCache<string, CachedAnswer, FetchContext>
  readonly #lookUps = new Map<string, number>()
  /** What cards of A2A servers have been turned into, by path. */
  readonly #views = new WeakMap<CachedAnswer, Map<string, CachedAnswer>>()

  /** @param limits most entries (default 2,000) and most bytes of bodies (default 64 MiB) */
  constructor(limits: { maxEntries?: number; maxBytes?: number } = {}) {
    this.#answers = new LRUCache<string, CachedAnswer, FetchContext>({
      max: limits.maxEntries ?? 2_000,
      maxSize: limits.maxBytes ?? 64 * 1024 * 1024,
      sizeCalculation: (answer) => answer.body.length + 1,
      allowStale: true,
      noDeleteOnStaleGet: true,
      noDeleteOnFetchRejection: true,
      fetchMethod: (_key, _stale, { context, options }) => this.#fetch(context, options),
    })
  }

  /**
   * The answer of an upstream to a GET, from the cache when it is known; of an A2A server, what an AgentOS would answer in
   * its place.
   *
   * @throws {RefusedAnswer} when the upstream answers with an error
   * @throws {GatewayError} when it cannot be reached and nothing is known; `AGW_UPSTREAM_PROTOCOL` when it answers
   *   with a redirect or with something that is no JSON
   */
  async get(
    upstream: Upstream,
    path: string,
    identity: Identity,
    options: CacheGetOptions,
  ): Promise<CachedAnswer> {
    const { ttlMs, silenceMs, isFreshWanted = false } = options
    const source = upstream.isAgentOs ? path : AGENT_CARD_PATH
    const key = keyOf(upstream, source, identity)
    const status: LRUCache.Status<string, CachedAnswer, FetchContext> = {}
    const fetching = this.#answers.fetch(key, {
      status,
      context: { upstream, path: source, identity, silenceMs },
      ttl: ttlMs,
      // Without anything stale to fall back on, a failure would come out as no answer and no error.
      allowStaleOnFetchRejection: !isFreshWanted && this.#answers.peek(key) !== undefined,
      ...(isFreshWanted && { forceRefresh: true, allowStale: false }),
    })
    const result = status.fetch ?? 'miss'
    this.#lookUps.set(result, (this.#lookUps.get(result) ?? 0) + 1)
    const fetched = (await fetching) as CachedAnswer
    const answer = this.#asAgentOs(upstream, path, fetched)
    if (answer.status !== 200) throw new RefusedAnswer(upstream.name, answer.status, answer.body)
    return answer
  }

  /** How often it was looked into, by what it came to, and how much is kept. */
  get use() {
    const { size: entries, calculatedSize: bytes } = this.#answers
    return { lookUps: this.#lookUps as ReadonlyMap<string, number>, entries, bytes }
  }

  /** The known answer, however old; asks nobody. */
  peek(upstream: Upstream, path: string, identity: Identity): CachedAnswer | undefined {
    const source = upstream.isAgentOs ? path : AGENT_CARD_PATH
    const known = this.#answers.peek(keyOf(upstream, source, identity), { allowStale: true })
    const answer = known && this.#asAgentOs(upstream, path, known)
    return answer?.status === 200 ? answer : undefined
  }

  /** The answer itself, or what a card stands for. An A2A server without a card works all the same. */
  #asAgentOs(upstream: Upstream, path: string, answer: CachedAnswer): CachedAnswer {
    const { status, fetchedAtMs } = answer
    const { protocol } = upstream.config
    if (protocol?.kind !== 'a2a' || (status !== 200 && status !== 404)) return answer
    const views = this.#views.get(answer) ?? new Map<string, CachedAnswer>()
    this.#views.set(answer, views)
    const known = views.get(path)
    if (known) return known
    const view = viewOf(status === 200 ? answer.json : undefined, path, protocol.components)
    const body = view === undefined ? errorBody('Not Found') : JSON.stringify(view)
    const made = new CachedAnswer(view === undefined ? 404 : 200, Buffer.from(body), fetchedAtMs)
    views.set(path, made)
    return made
  }

  async #fetch(
    { upstream, path, identity, silenceMs }: FetchContext,
    options: { ttl?: number },
  ): Promise<CachedAnswer> {
    const headers = ['accept', 'application/json']
    if (identity.authorization !== undefined) headers.push('authorization', identity.authorization)
    const { status, body } = await upstream.fetch(path, {
      headers,
      silenceMs,
      preference: UNLIMITED,
    })
    const answer = new CachedAnswer(status, body, Date.now())
    if (status === 200 && answer.isJson) return answer
    // A refusal is an answer: what was known before is not true any more. A failing upstream proves nothing.
    if (status >= 500) throw new RefusedAnswer(upstream.name, status, body)
    if (status < 400) throw unusable(upstream.name, status)
    options.ttl = Math.min(options.ttl ?? REFUSAL_TTL_MS, REFUSAL_TTL_MS)
    return answer
  }
}

/** Redirects are not followed, and a page of HTML is no card. */
function unusable(upstream: string, status: number): GatewayError {
  const what = status === 200 ? 'with something that is not JSON' : String(status)
  const detail = `Upstream '${upstream}' answered ${what}`
  return new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream, detail })
}

function keyOf(upstream: Upstream, path: string, identity: Identity): string {
  return `${upstream.generation}\n${upstream.name}\n${identity.key}\n${path}`
}
