/** Checks the health of one replica at intervals, and marks it healthy or unhealthy. */
import type { HealthCheckConfig } from '../../config/types.ts'
import type { Replica } from './replica.ts'
import { isOutOfResources } from './transport-error.ts'

/** Jitter: pauses vary by up to a fifth in both directions, so that gateways do not check at once. */
const JITTER = 0.2
/** Pause in milliseconds while the replica is unhealthy or its last check failed. */
const SHORT_PAUSE_MS = 2_000
/** Shortest time between two checks that failed requests cause, in milliseconds. */
const LEAST_PAUSE_MS = 500

interface CheckResult {
  /** Reason of a failed check; undefined for a good one. */
  readonly reason: string | undefined
  /** The replica sent an HTTP response, with any status. */
  readonly isAnswered: boolean
}

export class HealthCheck {
  readonly #replica: Replica
  readonly #config: HealthCheckConfig
  #isRunning = false
  #timer: NodeJS.Timeout | undefined
  /** Checks in a row that contradict the current state. */
  #contrary = 0
  #isAsking = false
  #askedAtMs = 0

  constructor(replica: Replica, config: HealthCheckConfig) {
    this.#replica = replica
    this.#config = config
  }

  /**
   * Starts the checks of an upstream with several replicas. Discovery shows the first state of an only replica. The timers
   * do not keep the process alive.
   */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    if (this.#replica.isOnly) this.#schedule()
    else void this.#check()
  }

  stop(): void {
    this.#isRunning = false
    clearTimeout(this.#timer)
  }

  /** Checks now, because a request failed. An only replica is marked by its failed connections instead. */
  soon(): void {
    const isEarly = performance.now() - this.#askedAtMs < LEAST_PAUSE_MS
    if (!this.#isRunning || this.#isAsking || isEarly || this.#replica.isOnly) return
    clearTimeout(this.#timer)
    void this.#check()
  }

  async #check(): Promise<void> {
    this.#isAsking = true
    this.#askedAtMs = performance.now()
    const result = await this.#probe()
    this.#isAsking = false
    if (!this.#isRunning) return
    if (result !== 'unknown') this.#apply(result)
    this.#schedule()
  }

  #schedule(): void {
    const { intervalMs } = this.#config
    const isSteady = this.#replica.isHealthy && this.#contrary === 0
    const pauseMs = isSteady ? intervalMs : Math.min(intervalMs, SHORT_PAUSE_MS)
    const factor = 1 - JITTER + 2 * JITTER * Math.random()
    this.#timer = setTimeout(() => void this.#check(), pauseMs * factor).unref()
  }

  /** @returns `unknown` when the gateway could not send the check */
  async #probe(): Promise<CheckResult | 'unknown'> {
    const { path, timeoutMs, unhealthyFrom = 400 } = this.#config
    try {
      const status = await this.#replica.probe(path, timeoutMs)
      const reason = status < unhealthyFrom ? undefined : `health check: status ${status}`
      return { reason, isAnswered: true }
    } catch (error) {
      if (isOutOfResources(error)) return 'unknown'
      const { name, code = name } = error as NodeJS.ErrnoException
      return { reason: `health check: ${code}`, isAnswered: false }
    }
  }

  #apply({ reason, isAnswered }: CheckResult): void {
    const replica = this.#replica
    const isGood = reason === undefined
    if (!isGood) replica.lastError = reason
    this.#contrary = isGood === replica.isHealthy ? 0 : this.#contrary + 1
    const { healthyAfter } = this.#config
    // An only replica gets requests in any state, so one failed connection is enough to mark it.
    const unhealthyAfter = replica.isOnly && !isAnswered ? 1 : this.#config.unhealthyAfter
    if (this.#contrary === 0 || this.#contrary < (isGood ? healthyAfter : unhealthyAfter)) return
    this.#contrary = 0
    replica.setHealth(isGood, reason)
  }
}
