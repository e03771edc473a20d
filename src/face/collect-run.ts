/** Collects the events of a run into one result, for whole JSON answers. */

import type { ToolExecution } from '../client/run-types.ts'
import { GatewayError } from '../errors.ts'
import type { FaceEvent } from './face-events.ts'
import { textOf } from './run-result.ts'

/** Last event of a run. */
export type RunEnd = Extract<FaceEvent, { type: 'paused' | 'completed' | 'cancelled' | 'failed' }>

/** The output of a run and its last event. */
export interface CollectedRun {
  readonly runId: string
  readonly sessionId: string
  readonly text: string
  readonly reasoning: string
  /** Finished tool calls of the component itself, without those of its members. */
  readonly tools: readonly { readonly tool: ToolExecution; readonly error: string | undefined }[]
  readonly end: RunEnd
}

/**
 * Reads a run to its end.
 *
 * @throws every error of the iteration
 */
export async function collectRun(
  events: AsyncIterable<FaceEvent> | Iterable<FaceEvent>,
): Promise<CollectedRun> {
  const text: string[] = []
  const reasoning: string[] = []
  const tools: { tool: ToolExecution; error: string | undefined }[] = []
  let [runId, sessionId] = ['', '']
  let end: RunEnd | undefined
  for await (const event of events) {
    if (event.type === 'started') ({ runId, sessionId } = event)
    else if (event.type === 'text' && !event.member) text.push(event.text)
    else if (event.type === 'reasoning' && !event.member) reasoning.push(event.text)
    else if (event.type === 'tool' && !event.member && event.phase !== 'started') tools.push(event)
    else if (isEnd(event)) end = event
  }
  if (end === undefined) throw new GatewayError('AGW_RELAY_INTERRUPTED')
  if (end.type === 'completed') text.push(end.rest)
  if (end.type === 'paused') ({ runId, sessionId } = end.pause)
  // The stream of a continued workflow may begin within a step.
  runId ||= textOf(end.raw.run_id)
  sessionId ||= textOf(end.raw.session_id)
  return { runId, sessionId, text: text.join(''), reasoning: reasoning.join(''), tools, end }
}

function isEnd(event: FaceEvent): event is RunEnd {
  const { type } = event
  return type === 'paused' || type === 'completed' || type === 'cancelled' || type === 'failed'
}
