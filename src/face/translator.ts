/** The contract between the events of a run and the frames of a protocol. */
import type { FaceEvent } from './face-events.ts'

/**
 * A state machine that makes the frames of one streamed answer. Pure: it neither reads nor writes, so that it is tested on
 * recorded streams. Every method returns whole frames, or an empty string.
 */
export interface StreamTranslator {
  /** The frames of one event. After the last event nothing more is asked for. */
  push(event: FaceEvent): string
  /**
   * The stream ended before the last event of the run.
   *
   * @param code of the gateway, such as `AGW_RELAY_INTERRUPTED`
   */
  fail(message: string, code: string): string
}

/** One event of `text/event-stream`. @param data without line feeds */
export function frame(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`
}

/** A whole answer that is no stream. */
export interface FaceAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What an AgentOS, or the gateway, refused a request with, in terms of HTTP. */
export interface Refusal {
  readonly status: number
  readonly message: string
  /** `AGW_…`; undefined where it is AgentOS's own answer. */
  readonly code: string | undefined
  /** Nothing of a run can have begun: the same request may be sent again. */
  readonly isRetryable: boolean
}

/** Says a refusal in the protocol's own shape. */
export type RefusalShape = (refusal: Refusal) => FaceAnswer
