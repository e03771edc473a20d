/** Types of AgentOS's objects, from the client SDK. Type imports only, so that the bundle contains no server code. */
export type {
  Memory,
  Page,
  Session,
  SessionRun,
  Trace,
  TraceNode,
} from '../../src/client/db-types.ts'
export type { EventBase } from '../../src/client/run-events.ts'
export type { RunRequirement, StepRequirement, ToolExecution } from '../../src/client/run-types.ts'

/** The three kinds of component, with the names of their routes. */
export type Kind = 'agents' | 'teams' | 'workflows'
export const KINDS: readonly Kind[] = ['agents', 'teams', 'workflows']

/** `agents` as AgentOS writes it in fields: `agent`. */
export const SINGULAR = { agents: 'agent', teams: 'team', workflows: 'workflow' } as const

export type Json = Record<string, unknown>

/** A request that an administrator approves or rejects. */
export interface Approval {
  readonly id: string
  readonly run_id: string
  readonly session_id: string
  readonly status: string
  readonly pause_type?: string | null
  readonly approval_type?: string | null
  readonly tool_name?: string | null
  readonly tool_args?: Json | null
  readonly agent_id?: string | null
  readonly team_id?: string | null
  readonly workflow_id?: string | null
  readonly user_id?: string | null
  readonly source_name?: string | null
  readonly requirements?: readonly Json[] | null
  readonly created_at?: number | null
  readonly expires_at?: number | null
  readonly run_status?: string | null
  readonly resolved_by?: string | null
}

/** Returns an object unchanged, and an empty object for any other value. */
export function objectIn(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Returns a text unchanged, and `''` for any other value. */
export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
