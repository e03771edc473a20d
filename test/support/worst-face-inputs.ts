/** Lists worst inputs of MCP and A2A, and of stored runs in each face. */
import { MODERN, mcpRequest } from './mcp.ts'
import type { WorstInput } from './worst-input.ts'
import { get, post, repeated } from './worst-input.ts'

const TEXT = 'é&'.repeat(3_000_000)
const OBJECTS = Array.from({ length: 700_000 }, () => ({ a: 1 }))
const MEMBERS = `{${repeated(400_000, (i) => `"m${i}":1`)}}`
const REQUIREMENTS = `[${repeated(100_000, (i) => `{"id":"q${i}","tool_execution":{}}`)}]`
const RUN = 's.r'
const PAUSED = 's.p'

/** @param rest JSON text of further members, which begins with a comma */
function mcp(name: string, method: string, params: object, rest = ''): WorstInput {
  const { headers, body } = mcpRequest(method, params as Record<string, unknown>)
  const text = `${JSON.stringify(body.params).slice(0, -1)}${rest}}`
  const message = JSON.stringify({ ...body, params: null }).replace('null', () => text)
  return post(`MCP ${name}`, '/mcp', message, { ...headers, 'content-type': 'application/json' })
}

function tool(name: string, tool: string, args: object, rest = ''): WorstInput {
  const text = `${JSON.stringify(args).slice(0, -1)}${rest}}`
  return mcp(name, 'tools/call', { name: tool }, `,"arguments":${text}`)
}

function a2a(name: string, method: string, params: object): WorstInput {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  return post(`A2A face, ${name}`, '/a2a/agents/p-a', body)
}

const saying = (part: object) => ({ message: { messageId: 'm', role: 'ROLE_USER', parts: [part] } })

const response = (runId: string) =>
  `/v1/responses/resp_${Buffer.from(JSON.stringify(['agents', 'p-a', 's', runId])).toString('base64url')}`

export const FACE_INPUTS: readonly WorstInput[] = [
  get('the models of OpenAI', '/v1/models'),
  get('the catalogue of A2A', '/.well-known/ai-catalog.json'),
  mcp('tools', 'tools/list', {}),
  mcp('tools with 400,000 members', 'tools/list', {}, `,"x":${MEMBERS}`),
  mcp(
    'a client with 400,000 members',
    'initialize',
    {
      protocolVersion: MODERN,
      clientInfo: { name: 'x', version: '1' },
    },
    `,"capabilities":{"experimental":{"x":${MEMBERS}}}`,
  ),
  tool('search', 'search_components', { query: 'many words' }),
  tool('configuration', 'get_agentos_config', {}),
  tool('sessions', 'get_sessions', { limit: 1_000 }),
  tool('runs of a session', 'get_session_runs', { session_id: 's' }),
  tool('run of a session', 'get_session_runs', { session_id: 's', run_id: RUN }),
  tool('run with a message of 9 MB', 'run_agent', { agent_id: 'p-a', message: TEXT }),
  tool('run with 400,000 arguments', 'run_agent', { agent_id: 'p-a' }, `,${MEMBERS.slice(1, -1)}`),
  tool(
    'run with 100,000 requirements',
    'continue_run',
    { agent_id: 'p-a', run_id: PAUSED, session_id: 's' },
    `,"requirements":${REQUIREMENTS}`,
  ),
  a2a('a large run', 'GetTask', { id: RUN }),
  a2a('a run with 2,000 open calls', 'GetTask', { id: PAUSED }),
  a2a('a session of 20,000 runs', 'ListTasks', { contextId: 's', includeArtifacts: true }),
  a2a('a message of 9 MB', 'SendMessage', saying({ text: TEXT })),
  a2a('data of 9 MB', 'SendMessage', saying({ data: OBJECTS })),
  get('a large response', response(RUN)),
  get('a response with 2,000 open calls', response(PAUSED)),
]
