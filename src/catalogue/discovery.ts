/** Finds out what the upstreams serve, and keeps finding out. */
import type { ComponentKind, GatewayConfig } from '../../config/types.ts'
import type { Identity } from '../auth/caller.ts'
import { ownIdentity } from '../auth/caller.ts'
import { GatewayError, RefusedAnswer } from '../errors.ts'
import type { CachedAnswer, ConfigCache } from '../remote/config-cache.ts'
import { errorReason } from '../upstream/transport-error.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { KnownIds } from './catalogue.ts'
import { Catalogue, COMPONENT_KINDS } from './catalogue.ts'
import { Databases } from './databases.ts'
import type { OsConfig } from './os-config.ts'
import { readOsConfig } from './os-config.ts'

/**
 * What the gateway's own asking last came to. `refused`: the upstream answers, but only to those who bring a token.
 */
export type UpstreamState = 'unasked' | 'ready' | 'refused' | 'failing'

/** What is told to whoever keeps the log. */
export interface DiscoveryEvents {
  onState?(upstream: Upstream, state: UpstreamState, reason: string | undefined): void
  onShadowed?(catalogue: Catalogue): void
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 15_000
/** Of an upstream never seen nothing can be listed, so whoever starts it should not wait for long. */
const LONGEST_FIRST_RETRY_MS = 2_000
const SHORTEST_PAUSE_MS = 1_000
/** An id nobody knows makes upstreams be asked again at most this often. */
const UNKNOWN_ID_PAUSE_MS = 2_000
/** A caller who named an unknown id waits at most this long for upstreams that have become slow. */
const UNKNOWN_ID_WAIT_MS = 1_000

/** Whose answers are looked at where no token is needed. */
const OWN: Identity = { key: 'own', authorization: undefined }

interface UpstreamRecord {
  state: UpstreamState
  reason: string | undefined
  ids: Record<ComponentKind, Set<string>>
  osConfig: OsConfig | undefined
  failures: number
  hasBeenSeen: boolean
  /** Monotonic, so that a change of the wall clock holds nothing up; 0 for never. */
  askedAtMs: number
  /** Counts the times it was asked: an answer to an earlier question is out of date. */
  turn: number
  timer: NodeJS.Timeout | undefined
}

/** Asks every upstream in the background and holds the current {@link Catalogue}. Nobody ever waits for it to start. */
export class Discovery {
  /** The snapshot in force. Read it once per request. */
  current: Catalogue
  readonly #config: GatewayConfig
  readonly #upstreams: ReadonlyMap<string, Upstream>
  readonly #cache: ConfigCache
  readonly #events: DiscoveryEvents
  readonly #records = new Map<Upstream, UpstreamRecord>()
  readonly #unsubscribe: (() => void)[] = []
  #isStopped = false

  /** @param previous what it knows of upstreams that are still there is known from the start */
  constructor(
    config: GatewayConfig,
    upstreams: ReadonlyMap<string, Upstream>,
    cache: ConfigCache,
    events: DiscoveryEvents = {},
    previous?: Discovery,
  ) {
    this.#config = config
    this.#upstreams = upstreams
    this.#cache = cache
    this.#events = events
    for (const upstream of upstreams.values()) {
      this.#records.set(upstream, previous ? previous.#known(upstream) : emptyRecord())
    }
    this.current = this.#build()
  }

  #known(upstream: Upstream): UpstreamRecord {
    const known = this.#records.get(upstream)
    return known ? { ...known, ids: { ...known.ids } } : emptyRecord()
  }

  /** Begins asking those that have not been asked; returns at once. */
  start(): void {
    for (const [upstream, record] of this.#records) {
      this.#unsubscribe.push(upstream.onHealthChange(() => this.#healthChanged(upstream, record)))
      if (record.askedAtMs === 0) void this.refresh(upstream)
      else this.#schedule(upstream, record)
    }
  }

  /** Asks those that have not been asked. Resolves when they have answered, or when it takes too long. */
  async prepare(timeoutMs: number): Promise<void> {
    const unasked = [...this.#records].filter(([, { askedAtMs }]) => askedAtMs === 0)
    await withDeadline(Promise.all(unasked.map(([upstream]) => this.refresh(upstream))), timeoutMs)
  }

  /** When the upstream was last asked, in milliseconds of `performance.now()`; 0 for never. */
  askedAt(upstream: Upstream): number {
    return this.#records.get(upstream)?.askedAtMs ?? 0
  }

  /** When what is known of the upstream's configuration was fetched, in milliseconds since 1970; undefined: nothing is known. */
  fetchedAt(upstream: Upstream): number | undefined {
    return this.#cache.peek(upstream, '/config', OWN)?.fetchedAtMs
  }

  stop(): void {
    this.#isStopped = true
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
    for (const record of this.#records.values()) clearTimeout(record.timer)
  }

  stateOf(upstream: Upstream): UpstreamState {
    return this.#records.get(upstream)?.state ?? 'unasked'
  }

  /** Ids of a kind that the upstream has been seen to serve, in its own terms. */
  idsOf(upstream: Upstream, kind: ComponentKind): ReadonlySet<string> {
    return this.#records.get(upstream)?.ids[kind] ?? new Set()
  }

  /** Why the state is what it is: an error code or a status. */
  reasonOf(upstream: Upstream): string | undefined {
    return this.#records.get(upstream)?.reason
  }

  /** An upstream without a healthy replica is failing at once; one that is back is asked at once. */
  #healthChanged(upstream: Upstream, record: UpstreamRecord): void {
    if (!upstream.isDown) {
      if (record.state === 'failing') void this.refresh(upstream)
      return
    }
    if (record.state === 'failing') return
    this.#setState(upstream, record, 'failing', upstream.replicas[0]?.lastError)
    this.#schedule(upstream, record)
  }

  /** Asks one upstream afresh for all it serves. Never rejects. */
  async refresh(upstream: Upstream): Promise<void> {
    const record = this.#records.get(upstream)
    if (record === undefined || this.#isStopped) return
    clearTimeout(record.timer)
    record.askedAtMs = performance.now()
    const identity = ownIdentity(upstream)
    const turn = ++record.turn
    try {
      const fetches = COMPONENT_KINDS.map((kind) => this.#list(upstream, kind, identity, true))
      const [agents, teams, workflows, config] = await Promise.all([
        ...fetches,
        this.get(upstream, '/config', identity, true),
      ])
      if (turn !== record.turn) return
      this.#setState(upstream, record, 'ready', undefined)
      const ids = { agents, teams, workflows } as Record<ComponentKind, CachedAnswer>
      this.#learn(
        record,
        (config as CachedAnswer).json,
        COMPONENT_KINDS.map((kind) => [kind, idsIn(ids[kind])] as const),
        true,
      )
    } catch (error) {
      if (turn !== record.turn) return
      const isRefused = error instanceof RefusedAnswer && isDenial(error)
      this.#setState(upstream, record, isRefused ? 'refused' : 'failing', reasonOf(error))
    }
    this.#schedule(upstream, record)
  }

  /**
   * The list of one kind as the upstream shows it to `identity`. What it names is learnt on the way, so that a component
   * only some callers may see is found when they call it.
   */
  async list(
    upstream: Upstream,
    kind: ComponentKind,
    identity: Identity,
    isFreshWanted: boolean,
  ): Promise<CachedAnswer> {
    const answer = await this.#list(upstream, kind, identity, isFreshWanted)
    const record = this.#records.get(upstream)
    if (record) this.#learn(record, undefined, [[kind, idsIn(answer)]], false)
    return answer
  }

  /** `/config` as the upstream shows it to `identity`. Where nothing was known of its data, it is learnt on the way. */
  async config(
    upstream: Upstream,
    identity: Identity,
    isFreshWanted: boolean,
  ): Promise<CachedAnswer> {
    const answer = await this.get(upstream, '/config', identity, isFreshWanted)
    const record = this.#records.get(upstream)
    if (record && record.osConfig === undefined) this.#learn(record, answer.json, [], false)
    return answer
  }

  /**
   * Looks for a component that the catalogue lacks: asks the upstreams that can be asked, as the caller, not more often
   * than they can bear, and not waiting long.
   *
   * @returns the refusal of an upstream that shows nothing to this caller, if there is one
   */
  async findComponent(
    kind: ComponentKind,
    identityAt: (upstream: Upstream) => Identity,
  ): Promise<RefusedAnswer | undefined> {
    let refusal: RefusedAnswer | undefined
    const lookups = [...this.#upstreams.values()].map(async (upstream) => {
      const record = this.#records.get(upstream)
      if (record === undefined || record.state === 'failing' || !upstream.config.discover) return
      // Where the gateway sees everything, what the caller may see tells nothing more.
      const isOpenToUs = record.state === 'ready'
      const identity = isOpenToUs ? ownIdentity(upstream) : identityAt(upstream)
      const isRecent = performance.now() - record.askedAtMs < UNKNOWN_ID_PAUSE_MS
      const isFreshWanted = record.state !== 'refused' && !isRecent
      if (isFreshWanted) record.askedAtMs = performance.now()
      try {
        await this.list(upstream, kind, identity, isFreshWanted)
      } catch (error) {
        if (error instanceof RefusedAnswer && isDenial(error) && !isOpenToUs) refusal ??= error
      }
    })
    await withDeadline(Promise.all(lookups), UNKNOWN_ID_WAIT_MS)
    return refusal
  }

  #list(upstream: Upstream, kind: ComponentKind, identity: Identity, isFreshWanted: boolean) {
    return this.get(upstream, `/${kind}`, identity, isFreshWanted)
  }

  /** An answer of the upstream to `identity`, through the cache. */
  get(upstream: Upstream, path: string, identity: Identity, isFreshWanted: boolean) {
    const { configTtlMs, agentTimeoutMs } = upstream.config.timeouts
    return this.#cache.get(upstream, path, identity, {
      ttlMs: configTtlMs,
      silenceMs: agentTimeoutMs,
      isFreshWanted,
    })
  }

  /**
   * @param config what the upstream says of itself, where that was asked
   * @param isComplete what is not listed any more is forgotten
   */
  #learn(
    record: UpstreamRecord,
    config: unknown,
    lists: readonly (readonly [ComponentKind, string[]])[],
    isComplete: boolean,
  ): void {
    let hasChanged = false
    if (config !== undefined) {
      const osConfig = readOsConfig(config)
      hasChanged = JSON.stringify(osConfig) !== JSON.stringify(record.osConfig)
      record.osConfig = osConfig
    }
    for (const [kind, ids] of lists) {
      const next = new Set(isComplete ? ids : [...record.ids[kind], ...ids])
      if (next.symmetricDifference(record.ids[kind]).size === 0) continue
      record.ids[kind] = next
      hasChanged = true
    }
    if (!hasChanged) return
    const before = this.current.shadowed.length
    this.current = this.#build()
    if (this.current.shadowed.length > before) this.#events.onShadowed?.(this.current)
  }

  #build(): Catalogue {
    const known = new Map<string, KnownIds>()
    const osConfigs = new Map<Upstream, OsConfig>()
    for (const [upstream, record] of this.#records) {
      known.set(upstream.name, record.ids)
      if (record.osConfig && upstream.isAgentOs) osConfigs.set(upstream, record.osConfig)
    }
    const databases = new Databases(osConfigs)
    return new Catalogue(this.#config, this.#upstreams, known, this.#cache, databases)
  }

  #setState(
    upstream: Upstream,
    record: UpstreamRecord,
    state: UpstreamState,
    reason: string | undefined,
  ): void {
    record.failures = state === 'failing' ? record.failures + 1 : 0
    record.hasBeenSeen ||= state !== 'failing'
    const hasChanged = record.state !== state || record.reason !== reason
    record.state = state
    record.reason = reason
    if (hasChanged) this.#events.onState?.(upstream, state, reason)
  }

  #schedule(upstream: Upstream, record: UpstreamRecord): void {
    if (this.#isStopped) return
    clearTimeout(record.timer)
    const longestMs = record.hasBeenSeen ? LONGEST_RETRY_MS : LONGEST_FIRST_RETRY_MS
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** (record.failures - 1), longestMs)
    const ttlMs = Math.max(upstream.config.timeouts.configTtlMs, SHORTEST_PAUSE_MS)
    const pauseMs = record.failures > 0 ? retryMs : ttlMs
    record.timer = setTimeout(() => void this.refresh(upstream), pauseMs).unref()
  }
}

function emptyRecord(): UpstreamRecord {
  return {
    state: 'unasked',
    reason: undefined,
    ids: { agents: new Set(), teams: new Set(), workflows: new Set() },
    osConfig: undefined,
    failures: 0,
    hasBeenSeen: false,
    askedAtMs: 0,
    turn: 0,
    timer: undefined,
  }
}

/** The upstream works, but not for this identity. */
export function isDenial({ status }: RefusedAnswer): boolean {
  return status === 401 || status === 403
}

/** The ids a list names. */
function idsIn(answer: CachedAnswer): string[] {
  if (!Array.isArray(answer.json)) return []
  return answer.json
    .map((item: { id?: unknown }) => item?.id)
    .filter((id) => typeof id === 'string')
}

function reasonOf(error: unknown): string {
  if (error instanceof RefusedAnswer) return `status ${error.status}`
  if (error instanceof GatewayError) return errorReason(error)
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

/** Resolves with the value, or with undefined once the deadline has passed. @param ms milliseconds */
export async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: deadline, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, ms, undefined)
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
