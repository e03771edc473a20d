/** Answers the tools that read: the configuration, sessions, and the search for components. */
import type { FastifyRequest } from 'fastify'
import type { McpFaceConfig } from '../../../config/types.ts'
import { COMPONENT_KINDS } from '../../../src/catalogue/catalogue.ts'
import { AgentOSError } from '../../../src/client/agentos-error.ts'
import { GatewayError, RefusedAnswer } from '../../../src/errors.ts'
import { isShown } from '../../../src/face/component-filter.ts'
import { badRequest } from '../../../src/face/json-body.ts'
import { searchComponents } from '../../../src/face/mcp/component-tools.ts'
import type { ToolResult } from '../../../src/face/mcp/tool.ts'
import { structuredResult, textBlock } from '../../../src/face/mcp/tool.ts'
import type { ToolCall } from '../../../src/face/mcp/tool-call.ts'
import { isObject } from '../../../src/json/is-object.ts'
import { parseJson } from '../../../src/json/parse.ts'
import { stringifyJson } from '../../../src/json/stringify.ts'
import type { DataRead } from '../../data/collected.ts'
import { readData } from '../../data/collected.ts'
import { gatheredConfig } from '../../os.ts'
import { runnableComponents } from './toolbox.ts'

type Dict = Readonly<Record<string, unknown>>
type Called<Type extends ToolCall['type']> = Extract<ToolCall, { type: Type }>

/**
 * `get_agentos_config`: the members that Agno's tool has, for the components of all upstreams.
 *
 * @throws {RefusedAnswer} of an upstream, when none answers
 */
export async function configTool(
  request: FastifyRequest,
  face: McpFaceConfig,
): Promise<ToolResult> {
  const { merged, shares, refusal } = await gatheredConfig(request, request.caller)
  if (shares.length === 0 && refusal instanceof RefusedAnswer) throw refusal
  const listed = COMPONENT_KINDS.map((kind) => {
    const cards = Array.isArray(merged[kind]) ? merged[kind].filter(isObject) : []
    return [kind, cards.filter(({ id }) => isShown(face, kind, String(id)))] as const
  })
  const config = {
    os_id: merged['os_id'],
    description: merged['description'] ?? null,
    databases: merged['databases'] ?? [],
    ...Object.fromEntries(listed),
  }
  return bounded(config, 'use search_components, or GET /config')
}

/** `search_components` */
export async function searchTool(
  request: FastifyRequest,
  face: McpFaceConfig,
  asked: Called<'search'>,
): Promise<ToolResult> {
  return structuredResult(searchComponents(await runnableComponents(request, face), asked))
}

/** `get_sessions`: one page of the merged list. */
export async function sessionsTool(
  request: FastifyRequest,
  { query }: Called<'sessions'>,
): Promise<ToolResult> {
  const page = await read(request, { row: '/sessions', params: {}, query })
  return bounded(isObject(page) ? page : { data: page }, 'ask for fewer sessions with limit')
}

/** Members of a run in a history. @see AgentOS `agno/os/mcp_results.py`, `SESSION_RUN_HISTORY_FIELDS` */
const HISTORY = [
  'run_id',
  'run_input',
  'content',
  'status',
  'created_at',
  'agent_id',
  'team_id',
  'workflow_id',
] as const

/** `get_session_runs`: the history of a session, or one run with everything that is stored. */
export async function sessionRunsTool(
  request: FastifyRequest,
  { sessionId, runId, query }: Called<'session_runs'>,
): Promise<ToolResult> {
  const params = { session_id: sessionId }
  const answer = await read(request, { row: '/sessions/:session_id/runs', params, query })
  const runs = Array.isArray(answer) ? answer.filter(isObject) : []
  const found =
    runId === undefined ? runs.map(trimmed) : runs.filter((run) => run['run_id'] === runId)
  if (runId !== undefined && found.length === 0) {
    const detail = `Run ${runId} not found in session ${sessionId}`
    throw new GatewayError('AGW_NOT_FOUND', { detail })
  }
  const result = runId === undefined ? found : found.slice(0, 1)
  return bounded({ result }, 'read the session over the API of AgentOS', result)
}

/** Longest JSON text of an answer, in characters: no model reads more, and the SDK writes an answer in one turn. */
const LONGEST_TEXT = 4 * 1024 * 1024

/** @param shown the value of the text; default: `value` */
async function bounded(value: Dict, remedy: string, shown: unknown = value): Promise<ToolResult> {
  const text = await stringifyJson(shown)
  if (text.length <= LONGEST_TEXT) return { content: [textBlock(text)], structuredContent: value }
  throw badRequest(`The answer is longer than ${LONGEST_TEXT} characters: ${remedy}`)
}

function trimmed(run: Dict): Dict {
  const kept = HISTORY.filter((name) => run[name] !== undefined && run[name] !== null)
  return Object.fromEntries(kept.map((name) => [name, run[name]]))
}

/** @throws {AgentOSError} for a refusal */
async function read(request: FastifyRequest, asked: DataRead): Promise<unknown> {
  const { status, body } = await readData(request, asked)
  if (status >= 300) throw AgentOSError.fromAnswer(status, body)
  return parseJson(body)
}
