/** Says which events of a run are worth a progress notification. Does no I/O. */
import type { FaceEvent } from '../face-events.ts'

/** Clients end a silent request after 60 s; each notification restarts that time. In milliseconds. */
const QUIET_MS = 10_000

/** A `notifications/progress` without its token. */
export interface Progress {
  /** Increases with each notification, as the protocol demands. */
  readonly progress: number
  readonly message: string
}

/**
 * Turns the events of one run into progress. Tool calls, members and steps are reported at once, the text of the answer never;
 * while only text arrives, the last message is repeated after each quiet time.
 */
export class ProgressTranslator {
  readonly #label: string
  #count = 0
  #sentAtMs: number
  #last = 'started'

  /**
   * @param label such as `Agent Echo`
   * @param nowMs `performance.now()`
   */
  constructor(label: string, nowMs: number) {
    this.#label = label
    this.#sentAtMs = nowMs
  }

  push(event: FaceEvent, nowMs: number): Progress | undefined {
    const message = this.#messageFor(event)
    if (message !== undefined) return this.#send(message, nowMs)
    return nowMs - this.#sentAtMs < QUIET_MS ? undefined : this.silence(nowMs)
  }

  /** The upstream has sent nothing for the interval of heartbeats. */
  silence(nowMs: number): Progress {
    return this.#send(this.#last, nowMs)
  }

  #send(message: string, nowMs: number): Progress {
    this.#sentAtMs = nowMs
    this.#last = message
    return { progress: this.#count++, message }
  }

  #messageFor(event: FaceEvent): string | undefined {
    switch (event.type) {
      case 'started':
        return `${this.#label} ${event.isResumed ? 'continued' : 'started'}`
      case 'tool':
        return `Tool call ${event.phase}: ${event.tool.tool_name || 'tool'}`
      case 'step':
        return `Step ${event.phase}: ${event.name || 'step'} (${event.index + 1})`
      case 'member':
        return `${event.member?.name ?? 'Member'} ${event.phase}`
      default:
        return undefined
    }
  }
}
