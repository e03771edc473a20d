import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { chat, facesOf, HI, postJson, rpc, saying } from '../../support/faces.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const ENFORCED = { auth: { ...JWT_AUTH, authorization: true } }
const withScopes = (...scopes: string[]) => bearer(tokenFor({ scopes }))
const AGUI_RUN = { threadId: 't', runId: 'r', messages: [{ id: '1', role: 'user', content: 'x' }] }

test("a caller without a token gets 401 in OpenAI's form", async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, ENFORCED)
  const answer = await chat(gateway)
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ error: { type: 'authentication_error' } })
})

test.each([
  [['agents:read'], 403],
  [['agents:other:run'], 404],
  [['agents:echo:read'], 403],
  [[], 404],
  [['teams:run', 'teams:read'], 404],
])('scopes %j give %i before a request is sent', async (scopes, status) => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  const gateway = await facesOf(upstream.url, ENFORCED)
  const caller = withScopes(...scopes)
  const answers = await Promise.all([
    chat(gateway, {}, caller),
    chat(gateway, { model: 'echo', stream: true }, caller),
    chat(gateway, { messages: [{ role: 'tool', tool_call_id: 'call_x', content: '{}' }] }, caller),
    postJson(`${gateway.url}/agui/agents/echo`, AGUI_RUN, caller),
  ])
  expect(answers.map((answer) => answer.status)).toEqual([status, status, status, status])
  expect(upstream.waiting).toBe(0)
})

test('the scope of one agent allows only runs of that agent', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  const gateway = await facesOf(upstream.url, ENFORCED)
  const caller = withScopes('agents:echo:run')
  const answer = chat(gateway, {}, caller)
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs')
  exchange.events().end(HI)
  expect((await answer).status).toBe(200)
  expect((await chat(gateway, { model: 'agent/other' }, caller)).status).toBe(404)
})

test('the list of models contains only readable components', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'], teams: ['duo'] })
  const gateway = await facesOf(upstream.url, ENFORCED)
  const caller = withScopes('agents:echo:read')
  const answer = await send(`${gateway.url}/v1/models`, { headers: caller })
  expect(await answer.json()).toMatchObject({ data: [{ id: 'agent/echo', owned_by: 'a' }] })
  const hidden = await send(`${gateway.url}/v1/models/agent%2Fother`, { headers: caller })
  expect(hidden.status).toBe(404)
})

test.each([
  [{ max_parallel_runs: { component: 1 } }, 'AGW_TOO_MANY_RUNS'],
  [{ rate_limit: [{ max: 1, window: '1h', by: 'component' }] }, 'AGW_RATE_LIMITED'],
  [{ rate_limit: [{ max: 1, window: '1h', by: 'identity' }] }, 'AGW_RATE_LIMITED'],
])('the limit %j refuses a second run of any face', async (limit, code) => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, limit)
  const first = chat(gateway, { stream: true })
  const exchange = await upstream.next()
  const second = await chat(gateway)
  const third = await postJson(`${gateway.url}/agui/agents/echo`, AGUI_RUN)
  const fourth = await rpc(gateway, 'SendMessage', saying('x'))
  expect([second.status, third.status, fourth.status]).toEqual([429, 429, 429])
  expect(second.headers).toMatchObject({ 'x-agentos-gateway-error': code, 'retry-after': /\d/ })
  expect(third.headers['x-agentos-gateway-error']).toBe(code)
  exchange.events().end(HI)
  await (await first).whole()
})

test('an excluded component is answered with 404', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'inner-one'] })
  const faces = { openai: { exclude: ['agent/inner-*'] }, agui: { include: ['echo'] } }
  const gateway = await facesOf(upstream.url, { faces })
  const listed = await send(`${gateway.url}/v1/models`)
  expect(await listed.json()).toMatchObject({ data: [{ id: 'agent/echo' }] })
  expect((await chat(gateway, { model: 'inner-one' })).status).toBe(404)
  const run = await postJson(`${gateway.url}/agui/agents/inner-one`, AGUI_RUN)
  expect(run.status).toBe(404)
})

test('an ambiguous id is refused with the possible names', async () => {
  const upstream = await startAgentOs({ agents: ['echo'], teams: ['echo'] })
  const gateway = await facesOf(upstream.url)
  const answer = await chat(gateway, { model: 'echo' })
  expect(answer.status).toBe(400)
  expect(await answer.whole()).toContain('agent/echo or team/echo')
})

test.each(['/v1/models', '/v1/chat/completions', '/agui/agents/echo'])(
  '%s is not served without faces',
  async (path) => {
    const upstream = await startAgentOs()
    const gateway = await facesOf(upstream.url, { faces: {} })
    const answer = postJson(`${gateway.url}${path}`, {})
    const exchange = await upstream.next()
    exchange.json({ detail: 'Not Found' }, 404)
    expect((await answer).status).toBe(404)
  },
)

test('ids with a lone surrogate name nothing and are no internal error', async () => {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response, message) => {
    message.resume().on('end', () => response.writeHead(404).end('{"detail":"Not Found"}'))
  })
  const gateway = await facesOf(upstream.url)
  const odd = 'x\ud800'
  const call = { role: 'tool', tool_call_id: odd, content: '{}' }
  const answers = await Promise.all([
    chat(gateway, { model: odd }),
    chat(gateway, { model: `agent/${odd}` }),
    chat(gateway, { messages: [call] }),
    postJson(`${gateway.url}/v1/responses`, {
      model: 'echo',
      input: 'x',
      previous_response_id: odd,
    }),
    postJson(`${gateway.url}/agui/agents/echo`, { ...AGUI_RUN, threadId: odd, runId: odd }),
    postJson(`${gateway.url}/agui/agents/echo`, {
      ...AGUI_RUN,
      threadId: odd,
      messages: [{ id: odd, role: 'tool', toolCallId: odd, content: odd }],
    }),
  ])
  for (const { status } of answers) expect([400, 404, 409]).toContain(status)
})
