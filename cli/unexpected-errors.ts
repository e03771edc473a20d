/** Keeps the process running after uncaught exceptions: one request is lost, the others continue. */
import type { FastifyBaseLogger } from 'fastify'

/** Number of errors within the window that ends the process. */
const MOST = 20
const WINDOW_MS = 10_000

/** See docs/adr/0008-unexpected-exceptions.md. */
export class UnexpectedErrors {
  readonly #logger: FastifyBaseLogger
  readonly #onTooMany: () => void
  readonly #times: number[] = []
  /** True when the number of errors has reached the limit. */
  isTooMuch = false

  /** @param onTooMany called once, when the limit is reached */
  constructor(logger: FastifyBaseLogger, onTooMany: () => void) {
    this.#logger = logger
    this.#onTooMany = onTooMany
  }

  /** Installs the listeners. */
  listen(): this {
    process.on('uncaughtException', (error) => this.note(error))
    process.on('unhandledRejection', (reason) => this.note(reason))
    // The log itself handles a closed pipe, with bounded memory.
    process.stdout.on('error', () => {})
    process.stderr.on('error', () => {})
    return this
  }

  /** @param now milliseconds, `performance.now()` */
  note(error: unknown, now = performance.now()): void {
    this.#logger.error({ err: error }, 'unexpected error: the process continues')
    const times = this.#times
    times.push(now)
    while (now - (times[0] as number) > WINDOW_MS) times.shift()
    if (times.length < MOST || this.isTooMuch) return
    this.isTooMuch = true
    this.#onTooMany()
  }
}
