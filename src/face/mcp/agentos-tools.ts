/**
 * Defines the eight tools of AgentOS's own MCP server, with its names, texts and schemas. They are those of 3.1.10; a client
 * of 2.9.0 sends the same arguments.
 *
 * @see AgentOS `agno/os/mcp.py`, `build_mcp_server`
 */
import type { JsonSchema, McpTool } from './tool.ts'

const optionalText = (description: string): JsonSchema => ({
  anyOf: [{ type: 'string' }, { type: 'null' }],
  default: null,
  description,
})
const text = (description: string): JsonSchema => ({ description, type: 'string' })

/** Arguments of every tool that runs a component. */
export const RUN_ARGUMENTS = {
  message: text('The request or message to send to the agent, team, or workflow.'),
  user_id: optionalText(
    "Optional user ID to associate with the run. Authenticated deployments use the caller's identity.",
  ),
  session_id: optionalText(
    'Existing session ID to continue the same conversation. Omit to start a new session.',
  ),
} as const

const OWNERS = {
  agent_id: optionalText('ID of the agent that owns the run.'),
  team_id: optionalText('ID of the team that owns the run.'),
  workflow_id: optionalText('ID of the workflow that owns the run.'),
} as const

const READ_USER = optionalText('Only return sessions belonging to this user.')
const DATABASE = optionalText(
  'Database ID returned by get_agentos_config. Required only when multiple databases are listed.',
)
const SESSION_TYPES = ['agent', 'team', 'workflow']
const ANY_OBJECT = { additionalProperties: true, type: 'object' } as const

/** A run changes its session, and may reach any system. */
export const RUN_HINTS = {
  readOnlyHint: false,
  destructiveHint: true,
  openWorldHint: true,
} as const
const READ_HINTS = { readOnlyHint: true, destructiveHint: false, openWorldHint: false } as const

/** Schema of an answer that is no object, as FastMCP wraps it. */
function wrapped(result: JsonSchema): JsonSchema {
  return {
    properties: { result },
    required: ['result'],
    type: 'object',
    'x-fastmcp-wrap-result': true,
  }
}

/** @param required names of the arguments that a call must have */
export function inputSchema(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    properties,
    ...(required.length > 0 && { required: [...required] }),
  }
}

function tool(
  name: string,
  title: string,
  description: string,
  rest: Pick<McpTool, 'inputSchema' | 'outputSchema' | 'annotations'>,
): McpTool {
  return { name, title, description, ...rest, annotations: { title, ...rest.annotations } }
}

const runTool = (name: string, title: string, argument: JsonSchema, description: string) =>
  tool(name, title, description, {
    inputSchema: inputSchema({ [`${name.slice('run_'.length)}_id`]: argument, ...RUN_ARGUMENTS }, [
      `${name.slice('run_'.length)}_id`,
      'message',
    ]),
    annotations: RUN_HINTS,
  })

export const AGENTOS_TOOLS: readonly McpTool[] = [
  tool(
    'get_agentos_config',
    'Get AgentOS Configuration',
    'Discover this AgentOS: the agents, teams, and workflows available to run (with their ids and descriptions), and the database ids used by the session tools. Call this first to learn what you can operate. The payload is deliberately compact -- the full configuration lives on the REST /config endpoint.',
    {
      inputSchema: inputSchema({}),
      outputSchema: ANY_OBJECT,
      annotations: { ...READ_HINTS, idempotentHint: true },
    },
  ),
  runTool(
    'run_agent',
    'Run Agent',
    text('ID of the agent to run, returned by get_agentos_config.'),
    'Run an agent with a message and get its response. If the result status is PAUSED, resolve the returned requirements and call continue_run.',
  ),
  runTool(
    'run_team',
    'Run Team',
    text('ID of the team to run, returned by get_agentos_config.'),
    'Run a team of agents with a message and get its response. If the result status is PAUSED, resolve the returned requirements and call continue_run.',
  ),
  runTool(
    'run_workflow',
    'Run Workflow',
    text('ID of the workflow to run, returned by get_agentos_config.'),
    'Run a workflow with an input message and get its result. Can be long-running: progress is reported per step when the client supports it. If the result status is PAUSED, resolve the returned requirements and call continue_run.',
  ),
  tool(
    'continue_run',
    'Continue Paused Run',
    "Resume a PAUSED run after resolving its requirements (human-in-the-loop). The paused result's structuredContent carries the run_id, session_id, owning component id, and the unresolved requirements.",
    {
      inputSchema: inputSchema(
        {
          run_id: text('ID of the paused run, returned in the PAUSED result.'),
          session_id: text(
            'ID of the session containing the paused run, returned in the PAUSED result.',
          ),
          ...OWNERS,
          requirements: {
            anyOf: [{ items: ANY_OBJECT, type: 'array' }, { type: 'null' }],
            default: null,
            description:
              'Copy the requirements from the PAUSED result and fill in each requested resolution, such as confirmation=true.',
          },
          user_id: RUN_ARGUMENTS.user_id,
        },
        ['run_id', 'session_id'],
      ),
      annotations: RUN_HINTS,
    },
  ),
  tool(
    'cancel_run',
    'Cancel Run',
    'Request cancellation of a running run. Irreversible: the run stops and is marked CANCELLED (if it has not started yet, the intent is recorded and applied when it does).',
    {
      inputSchema: inputSchema(
        {
          run_id: text('ID of the run to cancel, returned by a run tool or get_session_runs.'),
          session_id: optionalText(
            'ID of the session containing the run. Required for user-scoped callers; otherwise include it when available.',
          ),
          ...OWNERS,
        },
        ['run_id'],
      ),
      outputSchema: wrapped({ type: 'string' }),
      annotations: { ...RUN_HINTS, idempotentHint: true },
    },
  ),
  tool(
    'get_sessions',
    'List Sessions',
    'List past sessions (conversations), newest first. Use a returned session_id with the run tools to continue that conversation, or with get_session_runs to read its history.',
    {
      inputSchema: inputSchema({
        session_type: {
          default: 'agent',
          description: 'Type of component that created the sessions. Defaults to agent.',
          enum: SESSION_TYPES,
          type: 'string',
        },
        component_id: optionalText(
          'Only return sessions created by this agent, team, or workflow. The ID must match session_type.',
        ),
        user_id: READ_USER,
        session_name: optionalText('Only return sessions whose name matches this value.'),
        db_id: DATABASE,
        limit: {
          default: 20,
          description: 'Maximum number of sessions to return per page.',
          minimum: 1,
          type: 'integer',
        },
        page: {
          default: 1,
          description: 'One-based page number to return.',
          minimum: 1,
          type: 'integer',
        },
        sort_by: {
          default: 'created_at',
          description: 'Timestamp used to sort sessions: created_at or updated_at.',
          type: 'string',
        },
        sort_order: {
          default: 'desc',
          description: 'Sort in ascending (asc) or descending (desc) order.',
          enum: ['asc', 'desc'],
          type: 'string',
        },
      }),
      outputSchema: ANY_OBJECT,
      annotations: READ_HINTS,
    },
  ),
  tool(
    'get_session_runs',
    'Read Session History',
    "Read a session's conversation history: each run's input and response content with its run_id, status, and timestamp, oldest first. Returns the answer content only, not the full message transcript.",
    {
      inputSchema: inputSchema(
        {
          session_id: text('ID of the session to read, returned by get_sessions or a run result.'),
          run_id: optionalText(
            'Return this run with its full stored details. Omit to return a compact history of every run in the session.',
          ),
          session_type: {
            anyOf: [{ enum: SESSION_TYPES, type: 'string' }, { type: 'null' }],
            default: null,
            description: 'Type of session to read. Omit to detect it automatically.',
          },
          user_id: READ_USER,
          db_id: DATABASE,
        },
        ['session_id'],
      ),
      outputSchema: wrapped({ items: ANY_OBJECT, type: 'array' }),
      annotations: READ_HINTS,
    },
  ),
]
