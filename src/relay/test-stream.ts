/** Sends a slow event stream of the gateway itself, which shows whether a proxy in front of it buffers. */
import type { ServerResponse } from 'node:http'
import type { GatewayError } from '../errors.ts'
import { errorEvent } from './error-event.ts'
import { HEARTBEAT } from './heartbeat.ts'

export interface TestStreamOptions {
  readonly events: number
  /** Pause between two events, in milliseconds. */
  readonly intervalMs: number
  /** Silence after which a heartbeat is sent, in milliseconds; 0 for none. */
  readonly heartbeatMs: number
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

/** Sends `tick` events with their time, and heartbeats in between. */
export class TestStream {
  readonly #response: ServerResponse
  readonly #options: TestStreamOptions
  readonly #now: () => number
  #sent = 0
  #eventTimer: NodeJS.Timeout | undefined
  #heartbeatTimer: NodeJS.Timeout | undefined

  /** @param response its head has been written */
  constructor(response: ServerResponse, options: TestStreamOptions) {
    this.#response = response
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** Sends the first event now. */
  begin(): void {
    const { events, intervalMs } = this.#options
    this.#sent++
    const data = { index: this.#sent, of: events, sent_at_ms: this.#now() }
    this.#response.write(`event: tick\ndata: ${JSON.stringify(data)}\n\n`)
    if (this.#sent === events) {
      this.stop()
      this.#response.end()
      return
    }
    this.#scheduleHeartbeat()
    this.#eventTimer = setTimeout(() => this.begin(), intervalMs)
  }

  #scheduleHeartbeat(): void {
    const { heartbeatMs } = this.#options
    clearTimeout(this.#heartbeatTimer)
    if (heartbeatMs === 0) return
    this.#heartbeatTimer = setTimeout(() => {
      this.#response.write(HEARTBEAT)
      this.#scheduleHeartbeat()
    }, heartbeatMs)
  }

  /** Stops the timers; sends nothing more. */
  stop(): void {
    clearTimeout(this.#eventTimer)
    clearTimeout(this.#heartbeatTimer)
  }

  /** Ends the stream with an error event and a reset, as a failed relay does. */
  onError(error: GatewayError): void {
    this.stop()
    const run = { kind: undefined, componentId: undefined, runId: undefined }
    this.#response.write(errorEvent(error, run, this.#now()), () => this.#response.destroy())
  }
}
