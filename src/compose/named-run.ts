/** Defines the name of a member's run, and the receiver of its events. */
import type { ComposedEvent } from './member.ts'

/** Where an event comes from. An event at or before the last sent position of its source is not sent again. */
export interface EventPosition {
  /** A member's run, or one event of the composed run itself. */
  readonly source: string
  readonly index: number
}

/** Receives the events of a run in order. */
export type EventSink = (event: ComposedEvent, position?: EventPosition) => Promise<void>

/** The name of a member's run. */
export interface NamedRun {
  /** Position in the composed run, for the journal. */
  readonly path: string
  readonly runId: string
  /** An earlier part of the composed run may have sent it. */
  readonly wasSent: boolean
}
