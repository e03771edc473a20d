/** Caches cards, lists and configs per upstream and identity. Never shows one identity the answer of another. */
import { LRUCache } from 'lru-cache'
import { viewOf } from '../a2a/card.ts'
import { AGENT_CARD_PATH } from '../a2a/request.ts'
import type { Identity } from '../auth/caller.ts'
import { errorBody, GatewayError, RefusedAnswer } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import { parseJson } from '../json/parse.ts'
import type { ReplicaPreference } from '../upstream/selection.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** TTL of a refusal in milliseconds: it limits the load, and a new permission is noticed soon. */
const REFUSAL_TTL_MS = 5_000

/** A card, list or config costs little, so a full replica is asked too. */
const UNLIMITED: ReplicaPreference = { bypassesLimit: true }

/** A cached response. Its JSON is parsed on first use. */
export class CachedAnswer {
  readonly status: number
  readonly body: Buffer
  readonly fetchedAtMs: number
  #json: unknown

  /** @param json parsed body, if it is already known */
  constructor(status: number, body: Buffer, fetchedAtMs: number, json?: unknown) {
    this.status = status
    this.body = body
    this.fetchedAtMs = fetchedAtMs
    this.#json = json
  }

  /** @throws {SyntaxError} for a body that is no JSON; the cache holds none */
  get json(): unknown {
    this.#json ??= JSON.parse(this.body.toString('utf8'))
    return this.#json
  }

  /** Whole seconds since the fetch, for the `age` header (RFC 9111 §5.1). */
  ageSeconds(nowMs: number): number {
    return Math.max(0, Math.floor((nowMs - this.fetchedAtMs) / 1000))
  }
}

/** Options of {@link ConfigCache.get}. */
export interface CacheGetOptions {
  readonly ttlMs: number
  /** Longest silence of the fetch in milliseconds. */
  readonly silenceMs: number
  /** Fetches even when a fresh response is cached, and fails when the fetch fails. */
  readonly isFreshWanted?: boolean
}

interface FetchContext {
  readonly upstream: Upstream
  readonly path: string
  readonly identity: Identity
  readonly silenceMs: number
}

/**
 * Bounded cache with single flight and stale-while-revalidate. A caller waits only when nothing is cached, and cached
 * responses outlive failures of the upstream.
 */
export class ConfigCache {
  readonly #answers: LRUCache<string, CachedAnswer, FetchContext>
  readonly #lookUps = new Map<string, number>()
  /** AgentOS responses made of A2A cards, by path. */
  readonly #views = new WeakMap<CachedAnswer, Map<string, CachedAnswer>>()

  /** @param limits entries (default 2,000) and bytes of bodies (default 64 MiB) */
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
   * Response of an upstream to a GET, from the cache or fetched. For an A2A server, the response that an AgentOS would give.
   *
   * @throws {RefusedAnswer} when the upstream answers with an error
   * @throws {GatewayError} when the upstream cannot be reached and nothing is cached; `AGW_UPSTREAM_PROTOCOL` for a redirect
   *   or a body that is no JSON
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
      // Without a stale response, `allowStaleOnFetchRejection` would turn a failure into undefined.
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

  /** Look-ups by result, and the size of the cache. */
  get use() {
    const { size: entries, calculatedSize: bytes } = this.#answers
    return { lookUps: this.#lookUps as ReadonlyMap<string, number>, entries, bytes }
  }

  /** The cached response, at any age. Sends no request. */
  peek(upstream: Upstream, path: string, identity: Identity): CachedAnswer | undefined {
    const source = upstream.isAgentOs ? path : AGENT_CARD_PATH
    const known = this.#answers.peek(keyOf(upstream, source, identity), { allowStale: true })
    const answer = known && this.#asAgentOs(upstream, path, known)
    return answer?.status === 200 ? answer : undefined
  }

  /** Returns the response, or the view of an A2A card. An A2A server without a card gets views too. */
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
    const json = status === 200 ? await parseJson(body).catch(() => undefined) : undefined
    const answer = new CachedAnswer(status, body, Date.now(), json)
    if (status === 200 && hasShape(path, json)) return answer
    // A refusal replaces the cached response, because a permission has changed. A 5xx proves nothing, so it does not.
    if (status >= 500) throw new RefusedAnswer(upstream.name, status, body)
    if (status < 400) throw unusable(upstream.name, status)
    options.ttl = Math.min(options.ttl ?? REFUSAL_TTL_MS, REFUSAL_TTL_MS)
    return answer
  }
}

/** Whether the body is JSON of the expected form, so that it can be merged. */
function hasShape(path: string, json: unknown): boolean {
  return LISTS.has(path) ? Array.isArray(json) && json.every(isObject) : json !== undefined
}

const LISTS = new Set(['/agents', '/teams', '/workflows'])

/** Refuses redirects, and bodies that are not JSON. */
function unusable(upstream: string, status: number): GatewayError {
  const what = status === 200 ? 'with a body that is not JSON' : String(status)
  const detail = `Upstream '${upstream}' answered ${what}`
  return new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream, detail })
}

function keyOf(upstream: Upstream, path: string, identity: Identity): string {
  return `${upstream.generation}\n${upstream.name}\n${identity.key}\n${path}`
}
