/** Reads background runs without a caller until they end, so that they are charged all the same. */
import type { ReadRun } from '../usage/run-reader.ts'
import type { RunAccount } from './run-account.ts'

export interface FollowerOptions {
  /** First pause in milliseconds; each further one is half as long again. Default 2 s. */
  readonly firstMs?: number
  /** Longest pause. Default 60 s. */
  readonly longestMs?: number
}

const FIRST_MS = 2_000
const LONGEST_MS = 60_000
const GROWTH = 1.5
/** Failures in a row after which a run is given up. */
const MAX_FAILURES = 5
/** Time after which a run is given up. */
const MAX_MS = 24 * 3_600_000
/** Most runs that are followed; further ones are charged when a caller reads them. */
const MAX_RUNS = 1_000

export class Follower {
  readonly #options: FollowerOptions
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(options: FollowerOptions = {}) {
    this.#options = options
  }

  /** Number of runs that are followed. */
  get size(): number {
    return this.#timers.size
  }

  /** Does nothing for a run that is over, paused, or not in the background. */
  follow(account: RunAccount, read: ReadRun): void {
    if (!account.usage.isUnwatched || this.#timers.size >= MAX_RUNS) return
    const { firstMs = FIRST_MS } = this.#options
    this.#wait(account, read, {
      pauseMs: firstMs,
      failures: 0,
      untilMs: performance.now() + MAX_MS,
    })
  }

  /** Follows no run any more. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #wait(account: RunAccount, read: ReadRun, state: FollowState): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.#next(account, read, state)
    }, state.pauseMs).unref()
    this.#timers.add(timer)
  }

  async #next(account: RunAccount, read: ReadRun, state: FollowState): Promise<void> {
    const { usage } = account
    if (!usage.isUnwatched || usage.runId === undefined) return
    const output = await read(usage.runId, usage.sessionId).catch(() => undefined)
    const isRead = typeof output === 'object' && output !== null
    if (isRead) {
      usage.readOutput(output as Readonly<Record<string, unknown>>)
      account.settle()
    }
    const failures = isRead ? 0 : state.failures + 1
    const isLost = failures >= MAX_FAILURES || performance.now() > state.untilMs
    if (!usage.isUnwatched || isLost) return
    const { longestMs = LONGEST_MS } = this.#options
    const pauseMs = Math.min(state.pauseMs * GROWTH, longestMs)
    this.#wait(account, read, { ...state, pauseMs, failures })
  }
}

interface FollowState {
  readonly pauseMs: number
  readonly failures: number
  /** `performance.now()` */
  readonly untilMs: number
}
