/** Keeps the process running after uncaught exceptions: one request is lost, the others continue. */
import type { FastifyBaseLogger } from 'fastify'

/** So many within the window are no accident of single requests any more. */
const MOST = 20
const WINDOW_MS = 10_000

/** See docs/adr/0008-unexpected-exceptions.md. */
export class UnexpectedErrors {
  readonly #logger: FastifyBaseLogger
  readonly #onTooMany: () => void
  readonly #times: number[] = []
  /** True once so many errors came in a row that the process must end. */
  isTooMuch = false

  /** @param onTooMany called once, after too many in a short time */
  constructor(logger: FastifyBaseLogger, onTooMany: () => void) {
    this.#logger = logger
    this.#onTooMany = onTooMany
  }

  /** Listens to the process. */
  listen(): this {
    process.on('uncaughtException', (error) => this.note(error))
    process.on('unhandledRejection', (reason) => this.note(reason))
    // A reader that is gone is noticed by the log itself, which has a bound.
    process.stdout.on('error', () => {})
    process.stderr.on('error', () => {})
    return this
  }

  /** @param now milliseconds, `performance.now()` */
  note(error: unknown, now = performance.now()): void {
    this.#logger.error({ err: error }, 'unexpected error, going on')
    const times = this.#times
    times.push(now)
    while (now - (times[0] as number) > WINDOW_MS) times.shift()
    if (times.length < MOST || this.isTooMuch) return
    this.isTooMuch = true
    this.#onTooMany()
  }
}
