/** Builds the last event of a failed stream, in the form of AgentOS's own error events. */
import type { ComponentKind } from '../../config/types.ts'
import type { GatewayError } from '../errors.ts'
import { errorBody } from '../errors.ts'

/** Members of the event that describe the run. */
export interface BrokenRun {
  readonly kind: ComponentKind | undefined
  /** Id of the component that the caller uses. */
  readonly componentId: string | undefined
  readonly runId: string | undefined
}

const EVENTS = {
  agents: { event: 'RunError', idKey: 'agent_id' },
  teams: { event: 'TeamRunError', idKey: 'team_id' },
  workflows: { event: 'WorkflowError', idKey: 'workflow_id' },
} as const

/**
 * `RunError`, `TeamRunError` or `WorkflowError` with the members that Agno's client reads. A stream without a component gets
 * a plain `error` event.
 *
 * @param nowMs milliseconds since 1970
 */
export function errorEvent(error: GatewayError, run: BrokenRun, nowMs: number): string {
  if (run.kind === undefined) return `event: error\ndata: ${errorBody(error.detail)}\n\n`
  const { event, idKey } = EVENTS[run.kind]
  const data = {
    created_at: Math.floor(nowMs / 1000),
    event,
    [idKey]: run.componentId,
    run_id: run.runId,
    content: error.message,
    error: error.message,
    error_type: 'gateway_error',
    error_id: error.code,
  }
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
