/** Asks one replica now and then how it is, and takes it out or brings it back. */
import type { HealthCheckConfig } from '../../config/types.ts'
import type { Replica } from './replica.ts'
import { isOutOfResources } from './transport-error.ts'

/** Pauses differ by up to a fifth each way, so that many gateways don't ask all at once. */
const JITTER = 0.2

export class HealthCheck {
  readonly #replica: Replica
  readonly #config: HealthCheckConfig
  readonly #onChange: (isHealthy: boolean, reason: string | undefined) => void
  #isRunning = false
  #timer: NodeJS.Timeout | undefined
  /** Results in a row that speak against the state. */
  #contrary = 0

  /** @param onChange told when the replica goes out or comes back */
  constructor(
    replica: Replica,
    config: HealthCheckConfig,
    onChange: (isHealthy: boolean, reason: string | undefined) => void,
  ) {
    this.#replica = replica
    this.#config = config
    this.#onChange = onChange
  }

  /** Asks at once, then again and again. Keeps no process alive. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    void this.#check()
  }

  stop(): void {
    this.#isRunning = false
    clearTimeout(this.#timer)
  }

  async #check(): Promise<void> {
    const result = await this.#probe()
    if (!this.#isRunning) return
    if (result !== 'unknown') this.#apply(result.reason)
    const factor = 1 - JITTER + 2 * JITTER * Math.random()
    this.#timer = setTimeout(() => void this.#check(), this.#config.intervalMs * factor).unref()
  }

  /** @returns what is wrong, if anything; unknown where the gateway could not ask */
  async #probe(): Promise<{ readonly reason: string | undefined } | 'unknown'> {
    const { path, timeoutMs } = this.#config
    try {
      const status = await this.#replica.probe(path, timeoutMs)
      return { reason: status < 400 ? undefined : `health check: status ${status}` }
    } catch (error) {
      if (isOutOfResources(error)) return 'unknown'
      const { name, code = name } = error as NodeJS.ErrnoException
      return { reason: `health check: ${code}` }
    }
  }

  #apply(reason: string | undefined): void {
    const replica = this.#replica
    const isGood = reason === undefined
    if (!isGood) replica.lastError = reason
    this.#contrary = isGood === replica.isHealthy ? 0 : this.#contrary + 1
    const { healthyAfter, unhealthyAfter } = this.#config
    if (this.#contrary === 0 || this.#contrary < (isGood ? healthyAfter : unhealthyAfter)) return
    this.#contrary = 0
    replica.isHealthy = isGood
    if (isGood) {
      replica.circuit.close(performance.now())
      replica.lastError = undefined
    }
    this.#onChange(isGood, reason)
  }
}
