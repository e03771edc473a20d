/** Random messages for the MCP face: every mistake is the caller's, so no answer is a 500 or an internal error. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { buildApp } from '../../app.ts'
import { areaLogs } from '../../plugins/logs.ts'
import { GatewayError } from '../../src/errors.ts'
import { elicitationsOf, elicitedAnswers } from '../../src/face/mcp/elicitation.ts'
import {
  answersInRequirements,
  pauseInRequirements,
} from '../../src/face/mcp/requirement-answers.ts'
import { toolNames } from '../../src/face/mcp/tool-names.ts'
import { pauseIn } from '../../src/face/pause.ts'
import { configOf } from '../support/gateway.ts'
import { LogCapture } from '../support/log-capture.ts'
import { holds } from './property.ts'

const NAMES = [
  ...['jsonrpc', 'id', 'method', 'params', 'name', 'arguments', '_meta', 'progressToken', 'cursor'],
  ...['io.modelcontextprotocol/protocolVersion', 'io.modelcontextprotocol/clientInfo'],
  ...[
    'io.modelcontextprotocol/clientCapabilities',
    'elicitation',
    'inputResponses',
    'requestState',
  ],
  ...['agent_id', 'team_id', 'workflow_id', 'message', 'session_id', 'run_id', 'requirements'],
  ...['component', 'query', 'limit', 'kind', 'requestId', 'protocolVersion', 'capabilities', 'uri'],
  ...['notifications', 'toolsListChanged', '__proto__', 'constructor'],
]
const WORDS = [
  ...['2.0', '2026-07-28', '2025-11-25', '1999-01-01', 'tools/call', 'tools/list', 'initialize'],
  ...['server/discover', 'ping', 'prompts/list', 'prompts/get', 'resources/read', 'resources/list'],
  ...['notifications/cancelled', 'notifications/initialized', 'completion/complete', 'tasks/get'],
  ...['logging/setLevel', 'run_agent', 'run_component', 'search_components', 'get_sessions'],
  ...['get_session_runs', 'get_agentos_config', 'continue_run', 'cancel_run', 'echo', 'agent/echo'],
  ...['..', '', '\uD800', 'constructor', '__proto__', 'a'.repeat(300)],
]
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(...WORDS, null, true, false, 0, 1, -1, 1.5, 1e300),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 6 }),
  ),
}))
/** Mostly messages that the SDK understands; otherwise any JSON, or any text. */
const message = fc.record(
  {
    jsonrpc: fc.constant('2.0'),
    id: fc.oneof(fc.nat(), fc.string(), value),
    method: fc.constantFrom(...WORDS),
    params: fc.oneof(
      fc.record({
        name: fc.constantFrom(...WORDS),
        arguments: fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 6 }),
        _meta: fc.oneof(
          fc.constant({
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
            'io.modelcontextprotocol/clientCapabilities': {},
          }),
          value,
        ),
      }),
      value,
    ),
  },
  { requiredKeys: ['jsonrpc'] },
)
const body = fc.oneof(
  { weight: 8, arbitrary: message.map((each) => JSON.stringify(each)) },
  { weight: 1, arbitrary: value.map((each) => JSON.stringify(each) ?? '') },
  { weight: 1, arbitrary: fc.string() },
)
const headers = fc.record(
  {
    accept: fc.constantFrom('application/json, text/event-stream', '*/*', 'text/html'),
    'content-type': fc.constantFrom(
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
    ),
    'mcp-protocol-version': fc.constantFrom('2026-07-28', '2025-11-25', 'x'),
    'mcp-method': fc.constantFrom('tools/call', 'tools/list', 'initialize'),
    'mcp-name': fc.constantFrom('echo', 'run_agent', 'x'),
    'mcp-session-id': fc.constantFrom('one', ''),
  },
  { requiredKeys: ['content-type'] },
)

describe('random messages of MCP', () => {
  let app: FastifyInstance
  beforeAll(async () => {
    // No AgentOS listens there: calls that are let through end with its absence.
    const upstreams = [{ name: 'a', url: 'http://127.0.0.1:1', discover: false }]
    const agents = [{ agent_id: 'echo', upstream: 'a' }]
    const config = configOf({ upstreams, agents, faces: { mcp: true }, list_timeout: '50ms' })
    app = await buildApp({ config, logs: areaLogs(new LogCapture().logger, config.log) })
    await app.listen({ port: 0, host: '127.0.0.1' })
  })
  afterAll(async () => {
    agent.destroy()
    await app.close()
  })

  holds(
    'a message is answered without an internal error',
    10_000,
    fc.tuple(body, headers),
    async ([text, given]) => {
      const answer = await post(app, text, given)
      expect(answer.status).toBeLessThan(500)
      expect(answer.text).not.toContain('-32603')
      expect(answer.text).not.toContain('AGW_INTERNAL')
    },
  )
})

const agent = new Agent({ keepAlive: true })

async function post(app: FastifyInstance, body: string, given: Record<string, string>) {
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/mcp`
  const sent = request(url, { agent, method: 'POST', headers: given }).end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks = await answer.toArray()
  return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }
}

const MEMBERS = [
  ...['id', 'step_id', 'tool_execution', 'tool_call_id', 'requires_confirmation', 'confirmation'],
  ...['requires_user_input', 'user_input_schema', 'name', 'value', 'field_type', 'allowed_values'],
  ...['user_feedback_schema', 'question', 'options', 'label', 'selected', 'selected_options'],
  ...['external_execution_required', 'executor_requirements', 'requires_executor_input', 'result'],
  ...['requires_route_selection', 'available_choices', 'selected_choices', 'action', 'content'],
]
const { requirement } = fc.letrec<{ requirement: Record<string, unknown>; value: unknown }>(
  (tie) => ({
    requirement: fc.dictionary(fc.constantFrom(...MEMBERS), tie('value'), { maxKeys: 8 }),
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(null, true, false, 1, 'x', '', 'accept', 'str', 'list', '__proto__'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...MEMBERS), tie('value'), { maxKeys: 5 }),
    ),
  }),
)
/** Values as JSON makes them. */
const asJson = <T>(each: T): T => JSON.parse(JSON.stringify(each)) as T
const KINDS = ['agents', 'teams', 'workflows'] as const
const IDS = { runId: 'r', sessionId: 's' }

function isRefusedAtMost(attempt: () => unknown): void {
  try {
    attempt()
  } catch (error) {
    expect(error).toMatchObject({ code: 'AGW_BAD_REQUEST' })
    expect(error).toBeInstanceOf(GatewayError)
  }
}

describe('random answers of MCP clients', () => {
  holds(
    'requirements of any shape are read or refused',
    20_000,
    fc.array(requirement, { maxLength: 3 }).map(asJson),
    (given) => {
      for (const kind of KINDS) {
        isRefusedAtMost(() => {
          const pause = pauseInRequirements(kind, given, IDS)
          answersInRequirements(pause, given)
        })
      }
    },
  )

  holds(
    'responses to forms of any shape are read or refused',
    20_000,
    fc.tuple(requirement, requirement).map(asJson),
    ([source, given]) => {
      for (const kind of KINDS) {
        const pause = pauseIn(kind, { requirements: [source], step_requirements: [source] }, IDS)
        elicitationsOf(pause)
        const responses = Object.fromEntries(pause.calls.map(({ id }) => [id, given]))
        isRefusedAtMost(() => elicitedAnswers(pause, responses))
      }
    },
  )

  holds(
    'ids of any text get distinct tool names',
    5_000,
    fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 12 }),
    (ids) => {
      const components = ids.flatMap((id) => KINDS.map((kind) => ({ kind, id })))
      const names = toolNames(components, ['run_agent'])
      expect(names.size).toBe(components.length)
      for (const name of names.keys()) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    },
  )
})
