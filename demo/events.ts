/** Builds run events and writes them in AgentOS's wire format. */
import { MODEL } from './cards.ts'
import type { Run, RunEvent } from './run.ts'
import { nowSeconds } from './time.ts'

export const MODEL_FIELDS = { model: MODEL.id, model_provider: MODEL.provider }
export const PROVIDER_DATA = { id: 'cmpl-demo' }

/** Fields that connect an agent's events with their workflow step. */
export interface StepFields {
  workflow_id: string
  workflow_run_id: string
  step_id: string
  step_name: string
  step_index: number | readonly number[]
  parent_step_id?: string
}

/** Fields that tie a member's events to the run of its team. */
export interface MemberFields {
  parent_run_id: string
}

/** Builds one event of a run; a team's events have the prefix `Team`. */
export type EventMaker = (event: string, fields?: Record<string, unknown>) => RunEvent

/** Returns the builder of a run's events, with the ids that all of them contain. */
export function eventMaker(run: Run, part?: StepFields | MemberFields): EventMaker {
  const { kind, id, name } = run.component
  const prefix = kind === 'team' ? 'Team' : ''
  return (event, fields) => ({
    created_at: nowSeconds(),
    event: prefix + event,
    [`${kind}_id`]: id,
    [`${kind}_name`]: name,
    run_id: run.id,
    session_id: run.sessionId,
    ...part,
    nested_depth: 0,
    ...fields,
  })
}

/** Formats one server-sent event; `index` becomes `event_index`. */
export function formatEvent(event: RunEvent, index?: number): string {
  const data = index === undefined ? event : { ...event, event_index: index }
  return `event: ${event.event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Formats a status event of the resume route, with the spacing of Python's JSON. */
export function formatNote(note: { event: string } & Record<string, string | number>): string {
  const fields = Object.entries(note).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
  return `event: ${note.event}\ndata: {${fields.join(', ')}}\n\n`
}

/** Token counts and times of a run, in the form of `metrics`. */
export function metrics(run: Run): Record<string, unknown> {
  const tokens = tokenCounts(run.inputTokens, run.outputTokens)
  const model = [{ ...tokens, id: MODEL.id, provider: MODEL.provider }]
  return { ...tokens, ...run.timing(), details: { model } }
}

export function tokenCounts(input: number, output: number): Record<string, number> {
  return { input_tokens: input, output_tokens: output, total_tokens: input + output }
}
