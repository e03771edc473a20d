/** One base URL of an upstream: its connections and whether it may be asked. */

import type { Dispatcher } from 'undici'
import { Pool } from 'undici'

/** After this many failures in a row a replica is left out for a while. */
const FAILURES_BEFORE_EJECTION = 3
const FIRST_EJECTION_MS = 1_000
const LONGEST_EJECTION_MS = 30_000

export interface ReplicaOptions {
  readonly connectTimeoutMs: number
}

/** Connections and health of one base URL. */
export class Replica {
  /** Base URL without trailing slash. For the log of the operator and `/gateway/status`, never for an answer. */
  readonly url: string
  /** Path of the base URL, `''` or `/like-this`. */
  readonly basePath: string
  /** Requests under way. */
  inFlight = 0
  /** What went wrong last; undefined once something has worked again. */
  lastError: string | undefined
  readonly #pool: Pool
  #failures = 0
  #ejections = 0
  #ejectedUntil = 0

  constructor(url: string, options: ReplicaOptions) {
    const { origin, pathname } = new URL(url)
    this.url = url
    this.basePath = pathname === '/' ? '' : pathname.replace(/\/+$/, '')
    this.#pool = new Pool(origin, {
      allowH2: false,
      connectTimeout: options.connectTimeoutMs,
      // Silence is limited by the exchange's own clock: one integer store per chunk instead of a timer.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 64 * 1024,
    })
  }

  /** May be asked now. @param now milliseconds, `Date.now()` */
  isAvailable(now: number): boolean {
    return now >= this.#ejectedUntil
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(options, handler)
  }

  /** Something came back. */
  succeeded(): void {
    this.#failures = 0
    this.#ejections = 0
    this.#ejectedUntil = 0
    this.lastError = undefined
  }

  /** A failure that counts; after several in a row the replica is left out, for longer each time. */
  failed(reason: string): void {
    this.lastError = reason
    this.#failures++
    if (this.#failures < FAILURES_BEFORE_EJECTION) return
    const pause = Math.min(FIRST_EJECTION_MS * 2 ** this.#ejections, LONGEST_EJECTION_MS)
    this.#ejections++
    this.#ejectedUntil = Date.now() + pause
  }

  /** Ends idle connections now and the others when their requests are through. */
  async close(): Promise<void> {
    await this.#pool.close()
  }

  /** Ends every connection now. */
  async destroy(): Promise<void> {
    await this.#pool.destroy()
  }
}
