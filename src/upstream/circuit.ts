/** Circuit breaker of one replica: leaves it out when requests keep failing there, and lets it back in little by little. */
import type { EjectionConfig } from '../../config/types.ts'

/** `open`: left out. `half_open`: the pause is over and one request may try. */
export type CircuitState = 'closed' | 'open' | 'half_open'

/** Smallest share of a replica that has just come back. */
const FIRST_SHARE = 0.1

/** All times are milliseconds of `performance.now()`: a change of the wall clock opens and closes nothing. */
export class Circuit {
  readonly #config: EjectionConfig
  #failures = 0
  #pauses = 0
  #openUntil = 0
  #isClosed = true
  #probe: unknown
  #closedAt = Number.NEGATIVE_INFINITY

  constructor(config: EjectionConfig) {
    this.#config = config
  }

  state(now: number): CircuitState {
    if (this.#isClosed) return 'closed'
    return now >= this.#openUntil ? 'half_open' : 'open'
  }

  /** A request may be sent: all while it is closed, one at a time while it is half open. */
  admits(now: number): boolean {
    return this.#isClosed || (now >= this.#openUntil && this.#probe === undefined)
  }

  /** @param request identifies it until {@link end} */
  begin(request: unknown): void {
    if (!this.#isClosed) this.#probe ??= request
  }

  end(request: unknown): void {
    if (this.#probe === request) this.#probe = undefined
  }

  /** Something came back. @returns whether that closes it */
  succeeded(): boolean {
    this.#failures = 0
    if (this.#isClosed) return false
    this.close(performance.now())
    return true
  }

  /**
   * A failure that counts. Those that come in while it is open were under way before and say nothing new.
   *
   * @returns for how many milliseconds it opens now; 0 where it does not
   */
  failed(now: number): number {
    this.#failures++
    if (this.#isClosed ? this.#failures < this.#config.after : now < this.#openUntil) return 0
    const { pauseMs, longestPauseMs } = this.#config
    const pause = Math.min(pauseMs * 2 ** this.#pauses, longestPauseMs)
    this.#isClosed = false
    this.#openUntil = now + pause
    this.#pauses++
    return pause
  }

  /** Lets the replica back in, slowly. */
  close(now: number): void {
    this.#failures = 0
    this.#pauses = 0
    this.#isClosed = true
    this.#closedAt = now
  }

  /** The part of its weight that the replica gets, above 0 and up to 1. */
  share(now: number): number {
    const { slowStartMs } = this.#config
    const since = now - this.#closedAt
    return since >= slowStartMs ? 1 : Math.max(FIRST_SHARE, since / slowStartMs)
  }
}
