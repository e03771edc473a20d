/** Shows the frames of one run of the workflow WebSocket to its guard. */
import type { GatewayError } from '../errors.ts'
import { includesAny } from '../relay/stream-reader.ts'
import type { SocketGuard } from '../socket/open-runs.ts'
import { eventsInFrame } from '../usage/frame-events.ts'
import type { RunGuardOptions } from './run-guard.ts'
import { GUARDED_EVENTS, RunGuard } from './run-guard.ts'

export class GuardedSocketRun implements SocketGuard {
  readonly failed: Promise<GatewayError>
  readonly #guard: RunGuard
  #isFirst = true

  constructor(options: Omit<RunGuardOptions, 'fail'>) {
    const { promise, resolve } = Promise.withResolvers<GatewayError>()
    this.failed = promise
    this.#guard = new RunGuard({ ...options, isNamedLater: true, fail: resolve })
  }

  get isStopping(): boolean {
    return this.#guard.isStopping
  }

  /** The first event names the run and its session. */
  onFrame(frame: Buffer): void {
    if (!this.#isFirst && !includesAny(frame, GUARDED_EVENTS)) return
    for (const event of eventsInFrame(frame)) {
      this.#isFirst = false
      this.#guard.readEvent(event)
    }
  }

  end(isOver: boolean): void {
    if (isOver) this.#guard.close()
    else this.#guard.end()
  }
}
