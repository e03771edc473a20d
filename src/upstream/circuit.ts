/** Circuit breaker of one replica: ejects it after failures in a row, and readmits it with a slow start. */
import type { EjectionConfig } from '../../config/types.ts'

/** `open`: the replica is ejected. `half_open`: the pause is over, and one request may try. */
export type CircuitState = 'closed' | 'open' | 'half_open'

/** Smallest share of a readmitted replica. */
const FIRST_SHARE = 0.1

/** All times are milliseconds of `performance.now()`, so changes of the wall clock have no effect. */
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

  /** A request may be sent: any while closed, one at a time while half open. */
  admits(now: number): boolean {
    return this.#isClosed || (now >= this.#openUntil && this.#probe === undefined)
  }

  /** @param request identifies the request until {@link end} */
  begin(request: unknown): void {
    if (!this.#isClosed) this.#probe ??= request
  }

  end(request: unknown): void {
    if (this.#probe === request) this.#probe = undefined
  }

  /** A response arrived. @returns true when that closes the circuit */
  succeeded(): boolean {
    this.#failures = 0
    if (this.#isClosed) return false
    this.close(performance.now())
    return true
  }

  /**
   * Counts a failure. A failure while the circuit is open belongs to an earlier request and is ignored.
   *
   * @returns pause in milliseconds when the circuit opens; 0 otherwise
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

  /** Readmits the replica with a slow start. */
  close(now: number): void {
    this.#failures = 0
    this.#pauses = 0
    this.#isClosed = true
    this.#closedAt = now
  }

  /** Share of the weight during the slow start, above 0 and up to 1. */
  share(now: number): number {
    const { slowStartMs } = this.#config
    const since = now - this.#closedAt
    return since >= slowStartMs ? 1 : Math.max(FIRST_SHARE, since / slowStartMs)
  }
}
