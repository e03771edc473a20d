/** Members of AgentOS's run outputs that more than the client reads: status and tool calls, as they are on the wire. */

/** A string type with known values; AgentOS or Agno may add others. */
type OpenString<Known extends string> = Known | (string & {})

export type RunStatus = OpenString<
  'PENDING' | 'RUNNING' | 'COMPLETED' | 'PAUSED' | 'CANCELLED' | 'ERROR' | 'REGENERATED'
>

/** A tool call: finished, or waiting for an answer. */
export interface ToolExecution {
  tool_call_id?: string | null
  tool_name?: string | null
  tool_args?: Record<string, unknown> | null
  tool_call_error?: boolean | null
  result?: string | null
  requires_confirmation?: boolean | null
  /** The answer: true for consent. */
  confirmed?: boolean | null
  confirmation_note?: string | null
  requires_user_input?: boolean | null
  user_input_schema?: Record<string, unknown>[] | null
  answered?: boolean | null
  external_execution_required?: boolean | null
  [key: string]: unknown
}
