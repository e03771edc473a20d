/** Defines the interface between the events of a run and the frames of a protocol. */
import type { FaceEvent } from './face-events.ts'

/**
 * A state machine that writes the frames of one streamed answer. It does no I/O, so that tests can run it on recorded
 * streams. Every method returns whole frames, or an empty string.
 */
export interface StreamTranslator {
  /** The frames of one event. Not called after the last event. */
  push(event: FaceEvent): string
  /**
   * The stream ended before the last event of the run.
   *
   * @param code error code of the gateway, such as `AGW_RELAY_INTERRUPTED`
   */
  fail(message: string, code: string): string
}

/** Content type of streams. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8'

/** One event of `text/event-stream`. @param data without line feeds */
export function frame(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`
}

/** A whole answer without streaming. */
export interface FaceAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The refusal of a request by an AgentOS or by the gateway, in terms of HTTP. */
export interface Refusal {
  readonly status: number
  readonly message: string
  /** `AGW_…`; undefined for AgentOS's own answer. */
  readonly code: string | undefined
  /** No run can have begun, so the same request may be sent again. */
  readonly isRetryable: boolean
  /** Headers of the answer in any form, such as `retry-after`. */
  readonly headers: Readonly<Record<string, string>>
}

/** Writes a refusal in the protocol's own form. */
export type RefusalShape = (refusal: Refusal) => FaceAnswer
