/** Queries every upstream for its components in the background, and rebuilds the catalogue from the answers. */
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

/** Result of the last request of the gateway itself. `refused`: the upstream answers only requests with a token. */
export type UpstreamState = 'unasked' | 'ready' | 'refused' | 'failing'

/** Events for the log. */
export interface DiscoveryEvents {
  onState?(upstream: Upstream, state: UpstreamState, reason: string | undefined): void
  onShadowed?(catalogue: Catalogue): void
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 15_000
/** Longest pause between tries to reach an upstream that never answered: its components are missing from every list. */
const LONGEST_FIRST_RETRY_MS = 2_000
const SHORTEST_PAUSE_MS = 1_000
/** Least time between two rounds of requests caused by unknown ids, in milliseconds. */
const UNKNOWN_ID_PAUSE_MS = 2_000
/** Longest wait of a caller for slow upstreams after an unknown id, in milliseconds. */
const UNKNOWN_ID_WAIT_MS = 1_000

/** The identity for upstreams that need no token. */
const OWN: Identity = { key: 'own', authorization: undefined }

interface UpstreamRecord {
  state: UpstreamState
  reason: string | undefined
  ids: Record<ComponentKind, Set<string>>
  osConfig: OsConfig | undefined
  failures: number
  hasBeenSeen: boolean
  /** Monotonic, so that a clock change delays nothing; 0 for never. */
  askedAtMs: number
  /** Number of the last request; an answer to an earlier one is out of date. */
  turn: number
  timer: NodeJS.Timeout | undefined
}

/** Asks every upstream in the background and holds the current {@link Catalogue}. No request waits for its start. */
export class Discovery {
  /** The snapshot in force. Read it once per request. */
  current: Catalogue
  readonly #config: GatewayConfig
  readonly #upstreams: ReadonlyMap<string, Upstream>
  readonly #cache: ConfigCache
  readonly #events: DiscoveryEvents
  readonly #records = new Map<Upstream, UpstreamRecord>()
  readonly #unsubscribe: (() => void)[] = []
  /** Callers that wait for an upstream. */
  readonly #waiting = new Map<Upstream, PromiseWithResolvers<void>>()
  #isStopped = false

  /** @param previous discovery of the previous configuration; knowledge of unchanged upstreams is taken over */
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

  /** Starts to ask upstreams that have not been asked; returns at once. */
  start(): void {
    for (const [upstream, record] of this.#records) {
      this.#unsubscribe.push(upstream.onHealthChange(() => this.#healthChanged(upstream, record)))
      if (record.askedAtMs === 0) void this.refresh(upstream)
      else this.#schedule(upstream, record)
    }
  }

  /** Asks upstreams that have not been asked. Resolves when they have answered, or after `timeoutMs`. */
  async prepare(timeoutMs: number): Promise<void> {
    const unasked = [...this.#records].filter(([, { askedAtMs }]) => askedAtMs === 0)
    await withDeadline(Promise.all(unasked.map(([upstream]) => this.refresh(upstream))), timeoutMs)
  }

  /** Waits until the upstream has listed its components, or for `timeoutMs`. @returns whether it has */
  async whenReady(upstream: Upstream, timeoutMs: number): Promise<boolean> {
    if (this.stateOf(upstream) === 'ready') return true
    const waiting = this.#waiting.get(upstream) ?? this.#awaitAnswer(upstream)
    const answered = waiting.promise.then(() => true)
    return (await withDeadline(answered, timeoutMs)) ?? false
  }

  /** A caller waits, so an upstream that fails is asked again without longer pauses. */
  #awaitAnswer(upstream: Upstream): PromiseWithResolvers<void> {
    const waiting = Promise.withResolvers<void>()
    this.#waiting.set(upstream, waiting)
    const record = this.#records.get(upstream)
    if (record?.state === 'failing') this.#schedule(upstream, record)
    return waiting
  }

  /** When the upstream was last asked, in milliseconds of `performance.now()`; 0 for never. */
  askedAt(upstream: Upstream): number {
    return this.#records.get(upstream)?.askedAtMs ?? 0
  }

  /** Time of the last fetched configuration, in milliseconds since 1970; undefined without one. */
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

  /** Ids of a kind that the upstream has listed, in its own terms. */
  idsOf(upstream: Upstream, kind: ComponentKind): ReadonlySet<string> {
    return this.#records.get(upstream)?.ids[kind] ?? new Set()
  }

  /** Reason of the state: an error code or a status. */
  reasonOf(upstream: Upstream): string | undefined {
    return this.#records.get(upstream)?.reason
  }

  /** An upstream without a healthy replica is `failing` at once; a recovered one is asked at once. */
  #healthChanged(upstream: Upstream, record: UpstreamRecord): void {
    if (!upstream.isDown) {
      if (record.state === 'failing') void this.refresh(upstream)
      return
    }
    if (record.state === 'failing') return
    this.#setState(upstream, record, 'failing', upstream.replicas[0]?.lastError)
    this.#schedule(upstream, record)
  }

  /** Asks one upstream again for all its components. Never rejects. */
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
      this.#waiting.get(upstream)?.resolve()
      this.#waiting.delete(upstream)
    } catch (error) {
      if (turn !== record.turn) return
      const isRefused = error instanceof RefusedAnswer && isDenial(error)
      this.#setState(upstream, record, isRefused ? 'refused' : 'failing', reasonOf(error))
    }
    this.#schedule(upstream, record)
  }

  /**
   * The list of one kind as `identity` sees it. Its ids are added to the catalogue, so that components visible to some
   * callers only are found when called.
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

  /** `/config` as `identity` sees it. It is added to the catalogue if the upstream's databases were unknown. */
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
   * Looks for a component that is not in the catalogue: asks the reachable upstreams as the caller, at a limited rate
   * and for a limited time.
   *
   * @returns the refusal of an upstream that shows this caller nothing, if any
   */
  async findComponent(
    kind: ComponentKind,
    identityAt: (upstream: Upstream) => Identity,
  ): Promise<RefusedAnswer | undefined> {
    let refusal: RefusedAnswer | undefined
    const lookups = [...this.#upstreams.values()].map(async (upstream) => {
      const record = this.#records.get(upstream)
      if (record === undefined || record.state === 'failing' || !upstream.config.discover) return
      // An upstream that shows the gateway everything has no further components for the caller.
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

  /** An answer of the upstream for `identity`, through the cache. */
  get(upstream: Upstream, path: string, identity: Identity, isFreshWanted: boolean) {
    const { configTtlMs, agentTimeoutMs } = upstream.config.timeouts
    return this.#cache.get(upstream, path, identity, {
      ttlMs: configTtlMs,
      silenceMs: agentTimeoutMs,
      isFreshWanted,
    })
  }

  /**
   * @param config the upstream's configuration, if it was asked for
   * @param isComplete ids that are no longer listed are removed
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
    const longestUnaskedMs = record.hasBeenSeen ? LONGEST_RETRY_MS : LONGEST_FIRST_RETRY_MS
    const longestMs = this.#waiting.has(upstream) ? FIRST_RETRY_MS : longestUnaskedMs
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

/** Returns whether the upstream works but refuses this identity. */
export function isDenial({ status }: RefusedAnswer): boolean {
  return status === 401 || status === 403
}

/** The ids in a list. */
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

/** Resolves with the value, or with undefined after the deadline. @param ms milliseconds */
export async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: deadline, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, ms, undefined)
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
