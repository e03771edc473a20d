/** Asks one replica now and then how it is, and takes it out or brings it back. */
import type { HealthCheckConfig } from '../../config/types.ts'
import type { Replica } from './replica.ts'
import { isOutOfResources } from './transport-error.ts'

/** Pauses differ by up to a fifth each way, so that many gateways don't ask all at once. */
const JITTER = 0.2
/** Pause, in milliseconds, while a replica is out or its last check was bad: its death and its return are seen soon. */
const SHORT_PAUSE_MS = 2_000
/** Failing requests make it ask at most so often, in milliseconds. */
const LEAST_PAUSE_MS = 500

interface CheckResult {
  /** What is wrong; undefined where nothing is. */
  readonly reason: string | undefined
  /** An HTTP answer came, good or bad. */
  readonly isAnswered: boolean
}

export class HealthCheck {
  readonly #replica: Replica
  readonly #config: HealthCheckConfig
  #isRunning = false
  #timer: NodeJS.Timeout | undefined
  /** Results in a row that speak against the state. */
  #contrary = 0
  #isAsking = false
  #askedAtMs = 0

  constructor(replica: Replica, config: HealthCheckConfig) {
    this.#replica = replica
    this.#config = config
  }

  /**
   * Asks again and again, and of several replicas at once: discovery shows how an only one is at the start. Keeps no
   * process alive.
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

  /** Asks now instead of later: a request has failed. An only replica is marked by its failed connections alone. */
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

  /** @returns unknown where the gateway could not ask */
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
    // An only replica gets its requests all the same, so nothing is lost by believing one failed connection.
    const unhealthyAfter = replica.isOnly && !isAnswered ? 1 : this.#config.unhealthyAfter
    if (this.#contrary === 0 || this.#contrary < (isGood ? healthyAfter : unhealthyAfter)) return
    this.#contrary = 0
    replica.setHealth(isGood, reason)
  }
}
