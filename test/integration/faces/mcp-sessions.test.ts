/** Tests the MCP tools that read sessions, and the forms of paused runs, over several AgentOS. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { startDataAgentOs } from '../../support/data-agentos.ts'
import { HI, postJson, runEvent } from '../../support/faces.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { callTool, LEGACY, mcpOf, resultOf, rpc } from '../../support/mcp.ts'

const session = (id: string, day: number) => ({
  session_id: id,
  session_name: id,
  created_at: `2026-11-0${day}T00:00:00Z`,
})

test('get_sessions merges the sessions of every database', async () => {
  const a = await startDataAgentOs({ 'db-a': { sessions: [session('s1', 1), session('s3', 3)] } })
  const b = await startDataAgentOs({ 'db-b': { sessions: [session('s2', 2)] } })
  const gateway = await gatewayOf({ a: a.url, b: b.url }, { faces: { mcp: true } })
  const result = await resultOf(callTool(gateway, 'get_sessions', { limit: 2, component_id: null }))
  expect(result['structuredContent']).toMatchObject({
    data: [{ session_id: 's3' }, { session_id: 's2' }],
    meta: { total_count: 3, total_pages: 2, limit: 2 },
  })
  expect(a.asked[0]).toMatch(/^GET \/sessions\?/)
  const own = await resultOf(callTool(gateway, 'get_sessions', { db_id: 'db-b' }))
  expect(own['structuredContent']).toMatchObject({ data: [{ session_id: 's2' }] })
})

const RUNS = [
  {
    run_id: 'r1',
    run_input: 'hello',
    content: 'hi',
    status: 'COMPLETED',
    messages: ['secret'],
    team_id: null,
  },
  { run_id: 'r2', content: 'there', status: 'PAUSED' },
] as const

/** A gateway in front of two AgentOS, of which the second has the session. @param content of its last run */
async function withSession(content = 'there') {
  const missing = await startAgentOs(
    { agents: ['one'], config: { databases: ['db-a'] } },
    (_request, response) => {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"detail":"Session not found"}')
    },
  )
  const urls: string[] = []
  const owner = await startAgentOs(
    { agents: ['two'], config: { databases: ['db-b'] } },
    (request, response) => {
      urls.push(request.url)
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify([RUNS[0], { ...RUNS[1], content }]))
    },
  )
  const gateway = await gatewayOf({ a: missing.url, b: owner.url }, { faces: { mcp: true } })
  return { gateway, urls }
}

test('get_session_runs finds the session and shortens its runs', async () => {
  const { gateway, urls } = await withSession()
  const args = { session_id: 's 1', session_type: 'agent' }
  const result = await resultOf(callTool(gateway, 'get_session_runs', args))
  expect(result['structuredContent']).toEqual({
    result: [
      { run_id: 'r1', run_input: 'hello', content: 'hi', status: 'COMPLETED' },
      { run_id: 'r2', content: 'there', status: 'PAUSED' },
    ],
  })
  expect(urls.at(-1)).toBe('/sessions/s%201/runs?type=agent')
})

test('get_session_runs shows one run whole, or says that it is missing', async () => {
  const { gateway } = await withSession()
  const one = await resultOf(
    callTool(gateway, 'get_session_runs', { session_id: 's', run_id: 'r1' }),
  )
  expect(one['structuredContent']).toEqual({ result: [RUNS[0]] })
  const none = await resultOf(
    callTool(gateway, 'get_session_runs', { session_id: 's', run_id: 'x' }),
  )
  expect(none).toMatchObject({ isError: true, structuredContent: { error: { status: 404 } } })
})

test('A refusal of AgentOS keeps its status and its words', async () => {
  const upstream = await startAgentOs({ agents: ['one'] }, (_request, response) => {
    response
      .writeHead(404, { 'content-type': 'application/json' })
      .end('{"detail":"Session not found"}')
  })
  const gateway = await mcpOf(upstream.url)
  expect(
    await resultOf(callTool(gateway, 'get_session_runs', { session_id: 'nope' })),
  ).toMatchObject({
    isError: true,
    structuredContent: { error: { status: 404, message: 'Session not found' } },
  })
})

test.each(['.', '..', ''])('The id %j is refused before anything is sent', async (id) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const calls = [
    callTool(gateway, 'get_session_runs', { session_id: id }),
    callTool(gateway, 'cancel_run', { agent_id: 'echo', run_id: id }),
    callTool(gateway, 'continue_run', { agent_id: 'echo', run_id: id, session_id: 's' }),
  ]
  for (const call of calls) expect(await resultOf(call)).toMatchObject({ isError: true })
  expect(upstream.waiting).toBe(0)
})

test('cancel_run asks the AgentOS of the component', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const args = { agent_id: 'echo', run_id: 'r 1', session_id: 's' }
  const answer = callTool(gateway, 'cancel_run', args)
  const exchange = await upstream.next()
  expect([exchange.request.method, exchange.request.url]).toEqual([
    'POST',
    '/agents/echo/runs/r%201/cancel?session_id=s',
  ])
  exchange.json({})
  expect(await resultOf(answer)).toMatchObject({
    structuredContent: { result: 'Run r 1 cancellation requested' },
  })
})

const REQUIREMENT = {
  id: 'q',
  tool_execution: { tool_call_id: 'c', tool_name: 'pay', requires_confirmation: true },
}
const PAUSED =
  runEvent('RunStarted') + runEvent('RunPaused', { content: 'May I?', requirements: [REQUIREMENT] })
const STORED = { run_id: 'r-1', session_id: 's-1', status: 'PAUSED', requirements: [REQUIREMENT] }
const ECHO = { agent_id: 'echo', message: 'hello' }
const FORMS = { capabilities: { elicitation: { form: {} } } }

test('A client with forms is asked, and its answer continues the run', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const first = callTool(gateway, 'run_agent', ECHO, FORMS)
  ;(await upstream.next()).events().end(PAUSED)
  const asked = await resultOf(first)
  expect(asked).toMatchObject({
    resultType: 'input_required',
    inputRequests: { c: { method: 'elicitation/create', params: { message: 'May pay run?' } } },
  })
  const { requestState } = asked
  const inputResponses = { c: { action: 'accept', content: { accepted: true } } }
  const second = callTool(gateway, 'run_agent', ECHO, {
    ...FORMS,
    more: { requestState, inputResponses },
  })
  const stored = await upstream.next()
  expect(stored.request.url).toBe('/agents/echo/runs/r-1?session_id=s-1')
  stored.json(STORED)
  const continued = await upstream.next()
  expect(continued.request.url).toBe('/agents/echo/runs/r-1/continue')
  const form = new URLSearchParams((await continued.body()).toString())
  expect(JSON.parse(form.get('tools') ?? '')).toMatchObject([{ confirmed: true }])
  continued.events().end(HI)
  expect(await resultOf(second)).toMatchObject({ structuredContent: { status: 'COMPLETED' } })
  const again = callTool(gateway, 'run_agent', ECHO, {
    ...FORMS,
    more: { requestState, inputResponses },
  })
  ;(await upstream.next()).json({ ...STORED, status: 'COMPLETED' })
  expect(await resultOf(again)).toMatchObject({
    isError: true,
    structuredContent: { error: { status: 409, code: 'AGW_RUN_NOT_PAUSED' } },
  })
})

test.each([
  ['without elicitation', {}],
  ['with addresses only', { capabilities: { elicitation: { url: {} } } }],
  ['of an earlier revision', { revision: LEGACY }],
])('A client %s gets the pause as the result', async (_what, options) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = callTool(gateway, 'run_agent', ECHO, options)
  ;(await upstream.next()).events().end(PAUSED)
  expect(await resultOf(answer)).toMatchObject({
    content: [{ text: 'May I?' }],
    structuredContent: {
      status: 'PAUSED',
      run_id: 'r-1',
      agent_id: 'echo',
      requirements: [REQUIREMENT],
    },
  })
})

test('continue_run without an answer asks for more answers', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const args = { agent_id: 'echo', run_id: 'r-1', session_id: 's-1', requirements: [REQUIREMENT] }
  const answer = callTool(gateway, 'continue_run', args)
  ;(await upstream.next()).json(STORED)
  const result = await resultOf(answer)
  expect(result).toMatchObject({ isError: true, structuredContent: { error: { status: 400 } } })
  expect(JSON.stringify(result)).toContain('more answers')
})

test('The run of another session is not found', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const args = { agent_id: 'echo', run_id: 'r-1', session_id: 'other', requirements: [REQUIREMENT] }
  const answer = callTool(gateway, 'continue_run', args)
  ;(await upstream.next()).json({ detail: 'Run not found' }, 404)
  expect(await resultOf(answer)).toMatchObject({
    isError: true,
    structuredContent: { error: { status: 404 } },
  })
})

/** Begins a run in a session whose client shows forms, and pauses it. */
async function askedInCall() {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const capabilities = { elicitation: {} }
  const clientInfo = { name: 't', version: '1' }
  const hello = { protocolVersion: LEGACY, capabilities, clientInfo }
  const { headers } = await rpc(gateway, 'initialize', hello, { revision: LEGACY })
  const session = { 'mcp-session-id': String(headers['mcp-session-id']) }
  const calling = callTool(gateway, 'run_agent', ECHO, { revision: LEGACY, headers: session })
  ;(await upstream.next()).events().end(PAUSED)
  const answer = await calling
  const question = await answer.until('elicitation/create')
  const [, id = ''] = /"id":"([\da-f-]{36})"/.exec(question) ?? []
  const reply = (body: object, more: Record<string, string> = {}) =>
    postJson(
      `${gateway.url}/mcp`,
      { jsonrpc: '2.0', id, ...body },
      {
        accept: 'application/json, text/event-stream',
        ...session,
        ...more,
      },
    )
  return { upstream, gateway, answer, reply }
}

test('An earlier client with forms is asked within the call', async () => {
  const { upstream, gateway, answer, reply } = await askedInCall()
  const result = { action: 'accept', content: { accepted: true } }
  expect((await reply({ id: 'another', result })).status).toBe(202)
  expect((await reply({ result }, { authorization: 'Bearer other' })).status).toBe(202)
  expect(upstream.waiting).toBe(0)
  expect((await reply({ result })).status).toBe(202)
  ;(await upstream.next()).json(STORED)
  const continued = await upstream.next()
  expect(continued.request.url).toBe('/agents/echo/runs/r-1/continue')
  continued.events().end(HI)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'COMPLETED' } })
  expect(gateway.app.openCalls.size).toBe(0)
})

test.each([
  ['an error', { error: { code: -32_601, message: 'no' } }],
  ['a closed form', { result: { action: 'cancel' } }],
])('After %s of an earlier client the run still waits', async (_what, body) => {
  const { upstream, answer, reply } = await askedInCall()
  expect((await reply(body)).status).toBe(202)
  ;(await upstream.next()).json(STORED)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'PAUSED' } })
})

test('A client that disconnects during a form leaves no open call', async () => {
  const { gateway, answer } = await askedInCall()
  answer.abort()
  await expect.poll(() => gateway.app.openCalls.size + gateway.app.openResponses.size).toBe(0)
})

test('A shutdown ends a call that waits for a form', async () => {
  const { upstream, gateway, answer } = await askedInCall()
  const drained = gateway.app.drain(5_000)
  ;(await upstream.next()).json(STORED)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'PAUSED' } })
  await drained
})

test('An answer of more than 4 MiB is refused with a remedy', async () => {
  const { gateway } = await withSession('x'.repeat(4 * 1024 * 1024))
  const result = await resultOf(callTool(gateway, 'get_session_runs', { session_id: 's' }))
  expect(result).toMatchObject({ isError: true })
  expect(JSON.stringify(result)).toContain('read the session over the API of AgentOS')
})
