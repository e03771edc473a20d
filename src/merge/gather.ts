/** Queries every upstream for the same document: cached answers at once, unknown ones after a short wait. */

import type { Caller, Identity } from '../auth/caller.ts'
import type { Discovery } from '../catalogue/discovery.ts'
import { isDenial, withDeadline } from '../catalogue/discovery.ts'
import { GatewayError, RefusedAnswer } from '../errors.ts'
import { CachedAnswer } from '../remote/config-cache.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** Longest wait for an upstream without an earlier answer. */
const FIRST_RESPONSE_WAIT_MS = 2_000

/** The caller of a query to all upstreams, and the required freshness. */
export interface GatherRequest {
  readonly caller: Caller
  /** The request has `cache-control: no-cache`: a cached answer counts only while the upstream is unreachable. */
  readonly isFreshWanted: boolean
  /** Longest wait for an upstream without an earlier answer, in milliseconds. Default 2 s. */
  readonly firstWaitMs?: number
}

/** The answer of one upstream. */
export interface Share {
  readonly upstream: Upstream
  readonly answer: CachedAnswer
}

export interface Gathered {
  /** In config order. */
  readonly shares: readonly Share[]
  /** Names of upstreams without an answer. */
  readonly missing: readonly string[]
  /** The missing ones whose answer was no JSON of the expected form. */
  readonly unreadable: readonly string[]
  /** Names of unreachable upstreams whose cached answer is used. */
  readonly stale: readonly string[]
  /** The first refusal, for a result without any answer. */
  readonly refusal: RefusedAnswer | undefined
}

type Get = (upstream: Upstream, identity: Identity, isFreshWanted: boolean) => Promise<CachedAnswer>

/**
 * Fetches one answer of each upstream and waits as little as possible. An upstream known to fail is not awaited; an
 * upstream without an earlier answer is awaited only for a moment.
 *
 * @param get fetches through the cache
 * @param upstreams the upstreams to query. Default: all
 */
export async function gather(
  discovery: Discovery,
  gatherRequest: GatherRequest,
  get: Get,
  upstreams: readonly Upstream[] = [...discovery.current.upstreams.values()],
): Promise<Gathered> {
  const results = await Promise.all(
    upstreams.map((upstream) => shareOf(discovery, upstream, gatherRequest, get)),
  )
  const shares: Share[] = []
  const missing: string[] = []
  const unreadable: string[] = []
  const stale: string[] = []
  let refusal: RefusedAnswer | undefined
  for (const [index, result] of results.entries()) {
    const upstream = upstreams[index] as Upstream
    const { answer, isStale, isUnreadable } = result
    if (answer === undefined || answer instanceof RefusedAnswer) {
      missing.push(upstream.name)
      if (isUnreadable) unreadable.push(upstream.name)
      refusal ??= answer
      continue
    }
    shares.push({ upstream, answer })
    if (isStale) stale.push(upstream.name)
  }
  return { shares, missing, unreadable, stale, refusal }
}

/** The answer broke off or is no HTTP or JSON of the expected form. Any other failure is logged as a state of the upstream. */
export function isBrokenAnswer(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return false
  return error.code === 'AGW_UPSTREAM_PROTOCOL' || error.code === 'AGW_UPSTREAM_RESET'
}

interface UpstreamShare {
  readonly answer: CachedAnswer | RefusedAnswer | undefined
  readonly isStale: boolean
  readonly isUnreadable: boolean
}

async function shareOf(
  discovery: Discovery,
  upstream: Upstream,
  gatherRequest: GatherRequest,
  get: Get,
): Promise<UpstreamShare> {
  let isUnreadable = false
  const ask = async (isFreshWanted: boolean) => {
    try {
      return await get(upstream, gatherRequest.caller.identityAt(upstream), isFreshWanted)
    } catch (error) {
      isUnreadable = isBrokenAnswer(error)
      return error instanceof RefusedAnswer ? error : undefined
    }
  }
  const { firstWaitMs = FIRST_RESPONSE_WAIT_MS } = gatherRequest
  const isFailing = discovery.stateOf(upstream) === 'failing'
  if (gatherRequest.isFreshWanted && !isFailing) {
    const answer = await withDeadline(ask(true), firstWaitMs)
    const isUsable = answer !== undefined && (answer instanceof CachedAnswer || isDenial(answer))
    if (isUsable) return { answer, isStale: false, isUnreadable }
  }
  // With a cached answer this resolves at once and revalidates in the background.
  const answer = await withDeadline(ask(false), isFailing ? 0 : firstWaitMs)
  return { answer, isStale: isFailing || gatherRequest.isFreshWanted, isUnreadable }
}
