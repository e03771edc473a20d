/** Run events: the fields each carries, and how they are written on the wire. */
import { MODEL } from './cards.ts'
import type { Run, RunEvent } from './run.ts'
import { nowSeconds } from './time.ts'

export const MODEL_FIELDS = { model: MODEL.id, model_provider: MODEL.provider }
export const PROVIDER_DATA = { id: 'cmpl-demo' }

/** Fields that tie an agent's events to the workflow step it runs in. */
export interface StepFields {
  workflow_id: string
  workflow_run_id: string
  step_id: string
  step_name: string
  step_index: number
}

/** Makes one event of a run; a team's events are prefixed `Team`. */
export type EventMaker = (event: string, fields?: Record<string, unknown>) => RunEvent

/** The maker of `run`'s events, with the identity fields they all carry. */
export function eventMaker(run: Run, step?: StepFields): EventMaker {
  const { kind, id, name } = run.component
  const prefix = kind === 'team' ? 'Team' : ''
  return (event, fields) => ({
    created_at: nowSeconds(),
    event: prefix + event,
    [`${kind}_id`]: id,
    [`${kind}_name`]: name,
    run_id: run.id,
    session_id: run.sessionId,
    ...step,
    nested_depth: 0,
    ...fields,
  })
}

/** One server-sent event; `index` becomes `event_index`. */
export function formatEvent(event: RunEvent, index?: number): string {
  const data = index === undefined ? event : { ...event, event_index: index }
  return `event: ${event.event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** A note of the resume route about the stream itself, spaced as Python writes JSON. */
export function formatNote(note: { event: string } & Record<string, string | number>): string {
  const fields = Object.entries(note).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
  return `event: ${note.event}\ndata: {${fields.join(', ')}}\n\n`
}

/** Token counts and times of a run, as `metrics`. */
export function metrics(run: Run): Record<string, unknown> {
  const tokens = tokenCounts(run.inputTokens, run.outputTokens)
  const model = [{ ...tokens, id: MODEL.id, provider: MODEL.provider }]
  return { ...tokens, ...run.timing(), details: { model } }
}

export function tokenCounts(input: number, output: number): Record<string, number> {
  return { input_tokens: input, output_tokens: output, total_tokens: input + output }
}
