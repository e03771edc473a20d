/** Random requests to the faces of a running gateway: no answer is a 500, and each is JSON or an event stream. */

import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { cardFor } from '../support/agentos.ts'
import { answerJson, eventText, startFakeUpstream } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'
import { body } from './face-bodies.ts'
import { holds } from './property.ts'

/** Requests for each face at scale 1; `FUZZ_SCALE=50` sends 100,000. */
const CASES = 2_000

const TOOL = { tool_call_id: 'call_1', tool_name: 'x', requires_confirmation: true }
/** Stored runs, in turn: a finished one, one that waits, one in progress, and none. */
const RUNS = [
  { status: 'COMPLETED', content: 'hi' },
  { status: 'PAUSED', tools: [TOOL], requirements: [{ id: 'q', tool_execution: TOOL }] },
  { status: 'RUNNING' },
  undefined,
]
const IDS = { run_id: 's-1.r1', session_id: 's-1', agent_id: 'echo' }
const STREAM = ['RunStarted', 'RunContent', 'RunCompleted']
  .map((event) => eventText({ event, content: 'hi', ...IDS }))
  .join('')

/** URL of a gateway with its faces, started by the first request of a test and closed at its end. */
function gatewayOnce(): () => Promise<string> {
  let url: Promise<string> | undefined
  return () => {
    url ??= startedGateway()
    return url
  }
}

async function startedGateway(): Promise<string> {
  let count = 0
  const upstream = await startFakeUpstream((request, response) => {
    const card = request.method === 'GET' ? cardFor({ agents: ['echo'] }, request.url) : undefined
    if (card !== undefined) return answerJson(response, card)
    if (request.url.includes('/cancel')) return answerJson(response, {})
    if (request.method === 'POST') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(STREAM)
      return
    }
    const run = RUNS[count++ % RUNS.length]
    if (run === undefined) return answerJson(response, { detail: 'Run not found' }, 404)
    const stored = { ...run, ...IDS }
    answerJson(response, request.url.includes('/runs?') ? [stored] : stored)
  })
  const faces = { openai: true, a2a: true, agui: true }
  return (await gatewayOf({ a: upstream.url }, { faces })).url
}

const METHODS = [
  ...['SendMessage', 'SendStreamingMessage', 'GetTask', 'ListTasks', 'CancelTask'],
  ...['SubscribeToTask', 'GetExtendedAgentCard', 'CreateTaskPushNotificationConfig', 'constructor'],
  ...['message/send', 'message/stream', 'tasks/get', 'tasks/list', 'tasks/cancel'],
  ...['tasks/resubscribe', 'tasks/pushNotificationConfig/set', ''],
]
const part = fc.oneof(
  fc.constantFrom<unknown>(
    { text: 'hi' },
    { kind: 'text', text: 'hi' },
    { data: { answers: { call_1: { accepted: true } } } },
    { kind: 'data', data: { accepted: false } },
    { raw: 'AA==', mediaType: 'image/png' },
    { kind: 'file', file: { uri: 'https://x/y' } },
  ),
  body,
)
/** Messages that are nearly right reach further than bodies of random members. */
const message = fc.record(
  {
    messageId: fc.constantFrom<unknown>('m', '', 1),
    role: fc.constantFrom<unknown>('ROLE_USER', 'user', 'agent'),
    parts: fc.oneof(fc.array(part, { maxLength: 3 }), body),
    taskId: fc.constantFrom<unknown>('s-1.r1', 'r-1', '\ud800', '', null),
    contextId: fc.constantFrom<unknown>('s-1', '\ud800', '../..', null, 7),
    metadata: fc.oneof(fc.constant(undefined), body),
  },
  { requiredKeys: ['messageId', 'role', 'parts'] },
)
const params = fc.oneof(
  body,
  fc.record(
    {
      message: fc.oneof(message, body),
      configuration: fc.oneof(body, fc.constant({ blocking: false, returnImmediately: true })),
      id: fc.constantFrom<unknown>('s-1.r1', 'r-1', '', 4, 'WyJzLTEiLCJyIl0', '~\ud800.x'),
    },
    { requiredKeys: [] },
  ),
)
const rpc = fc.oneof(
  fc.record({
    jsonrpc: fc.constantFrom('2.0', '2.0', '2.0', '1.0'),
    id: fc.constantFrom<unknown>(1, 'a', null, 1.5, {}),
    method: fc.constantFrom(...METHODS),
    params,
  }),
  body,
)
const REST = [
  ...['message:send', 'message:stream', 'v1/message:send', 'v1/message:stream', 'v1/tasks:get'],
  ...['tasks/s-1.r1:cancel', 'tasks/s-1.r1:subscribe', 'tasks/x/pushNotificationConfigs', 'x'],
]

const text = fc.oneof(
  { weight: 9, arbitrary: fc.oneof(rpc, params).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string() },
)

type Asked = readonly [url: string, payload: string]

/** Sends a request to a gateway of the test's own, and checks the answer. */
function answers(): (asked: Asked) => Promise<void> {
  const gateway = gatewayOnce()
  return async ([path, payload]) => {
    const headers = { 'content-type': 'application/json' }
    const url = `${await gateway()}${path}`
    const answer = await fetch(url, { method: 'POST', headers, body: payload })
    const text = await answer.text()
    expect(answer.status, text).not.toBe(500)
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream')
    if (isStream) expect(text).toMatch(/^(?:(?:event: .*\n)?data: .*\n\n)+$/)
    else JSON.parse(text)
  }
}

describe('random requests to faces', () => {
  const calls = fc.oneof(
    text.map((payload) => ['/a2a/agents/echo', payload] as const),
    fc.tuple(fc.constantFrom(...REST), text).map(([path, payload]) => {
      return [`/a2a/agents/echo/${path}`, payload] as const
    }),
  )
  holds('a request of A2A is answered', CASES, calls, answers())

  const model = fc.constantFrom('agent/echo', 'echo', 'x')
  const chats = fc.tuple(model, body).map(([name, members]) => {
    const messages = [{ role: 'user', content: 'hello' }]
    return JSON.stringify({ messages, input: 'hello', ...members, model: name })
  })
  const openai = fc.tuple(
    fc.constantFrom('/v1/chat/completions', '/v1/responses', '/v1/responses/resp_x/cancel'),
    fc.oneof(chats, text),
  )
  holds('a request of OpenAI is answered', CASES, openai, answers())

  const runs = fc.oneof(
    body.map((members) => {
      const messages = [{ id: '1', role: 'user', content: 'hello' }]
      return JSON.stringify({ threadId: 't', runId: 'r', messages, ...members })
    }),
    text,
  )
  const agui = runs.map((payload) => ['/agui/agents/echo', payload] as const)
  holds('a request of AG-UI is answered', CASES, agui, answers())
})
