/** Writes a leader's call in AgentOS's form: `tool` in events, `tools` in outputs. */

/** The members and their order are those of Agno's `ToolExecution`. */
export function toolExecution(
  given: {
    readonly id: string
    readonly name: string
    readonly args: unknown
    readonly createdAt: number
  },
  done: Partial<{
    readonly hasFailed: boolean
    readonly result: string
    readonly startMs: number
    readonly endMs: number
    readonly childRunId: string | undefined
    readonly stopsTeam: boolean
  }> = {},
): Record<string, unknown> {
  const { startMs, endMs, hasFailed, result, childRunId, stopsTeam } = done
  const hasTimes = startMs !== undefined && endMs !== undefined
  const metrics = hasTimes
    ? { start_time: startMs / 1000, end_time: endMs / 1000, duration: (endMs - startMs) / 1000 }
    : null
  return {
    tool_call_id: given.id,
    tool_name: given.name,
    tool_args: given.args,
    tool_call_error: hasFailed ?? null,
    result: result ?? null,
    metrics,
    child_run_id: childRunId ?? null,
    stop_after_tool_call: stopsTeam ?? false,
    created_at: given.createdAt,
    requires_confirmation: null,
    confirmed: null,
    confirmation_note: null,
    requires_user_input: null,
    user_input_schema: null,
    user_feedback_schema: null,
    answered: null,
    external_execution_required: null,
    external_execution_silent: null,
    approval_type: null,
    approval_id: null,
    parent_tool_call_id: null,
  }
}
