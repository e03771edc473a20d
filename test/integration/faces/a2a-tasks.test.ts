import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { facesOf, postJson, rpc, runEvent, saying } from '../../support/faces.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const ID = 's-1.r1'
const RUN = { run_id: ID, session_id: 's-1', status: 'COMPLETED', content: 'hi', created_at: 1e9 }
const ENFORCED = { auth: { ...JWT_AUTH, authorization: true } }
const withScopes = (...scopes: string[]) => bearer(tokenFor({ scopes }))

async function started(document: object = {}) {
  const upstream = await startAgentOs()
  return { upstream, gateway: await facesOf(upstream.url, document) }
}

test('a task is read from its AgentOS', async () => {
  const { upstream, gateway } = await started()
  const answer = rpc(gateway, 'GetTask', { id: ID })
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe(`/agents/echo/runs/${ID}?session_id=s-1`)
  exchange.json({ ...RUN, input: { input_content: 'hello' } })
  expect(await (await answer).json()).toMatchObject({
    result: {
      id: ID,
      contextId: 's-1',
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ parts: [{ text: 'hi' }] }],
      history: [{ role: 'ROLE_USER', parts: [{ text: 'hello' }] }],
    },
  })
})

test.each([
  ['RUNNING', 'TASK_STATE_WORKING'],
  ['PENDING', 'TASK_STATE_SUBMITTED'],
  ['CANCELLED', 'TASK_STATE_CANCELED'],
  ['ERROR', 'TASK_STATE_FAILED'],
])('a run with status %s is a task in %s', async (status, state) => {
  const { upstream, gateway } = await started()
  const answer = send(`${gateway.url}/a2a/agents/echo/tasks/${ID}?historyLength=0`)
  ;(await upstream.next()).json({ ...RUN, status })
  expect(await (await answer).json()).toMatchObject({ id: ID, status: { state } })
})

test('an AgentOS that answers without JSON is a 502', async () => {
  const { upstream, gateway } = await started()
  const answer = rpc(gateway, 'GetTask', { id: ID })
  ;(await upstream.next()).events().end('data: {}\n\n')
  expect((await answer).status).toBe(502)
  expect(await (await answer).json()).toMatchObject({ id: 1, error: { code: -32603 } })
})

test('a task whose id names no session is not found', async () => {
  const { upstream, gateway } = await started()
  const answer = await rpc(gateway, 'tasks/get', { id: 'r-1' })
  expect(await answer.json()).toMatchObject({ error: { code: -32001 } })
  expect(upstream.waiting).toBe(0)
})

test("AgentOS's dialect finds any run by its context", async () => {
  const { upstream, gateway } = await started()
  const body = { jsonrpc: '2.0', id: 1, params: { id: 'r-9', contextId: 's-1' } }
  const answer = postJson(`${gateway.url}/a2a/agents/echo/v1/tasks:get`, body)
  ;(await upstream.next()).json({ ...RUN, run_id: 'r-9' })
  expect(await (await answer).json()).toMatchObject({
    result: { id: 'r-9', history: [{ role: 'agent', parts: [{ text: 'hi' }] }] },
  })
  const missing = postJson(`${gateway.url}/a2a/agents/echo/v1/tasks:get`, body)
  ;(await upstream.next()).json({ detail: 'Run not found' }, 404)
  expect((await missing).status).toBe(404)
})

test('A context whose id contains a question mark is listed whole', async () => {
  const { upstream, gateway } = await started()
  const answer = send(`${gateway.url}/a2a/agents/echo/tasks?contextId=a?b`)
  const exchange = await upstream.next()
  exchange.json([])
  expect(exchange.request.url).toBe('/agents/echo/runs?session_id=a%3Fb')
  expect((await answer).status).toBe(200)
})

test('a running task is cancelled, a finished one is not', async () => {
  const { upstream, gateway } = await started()
  const answer = rpc(gateway, 'CancelTask', { id: ID })
  ;(await upstream.next()).json({ ...RUN, status: 'RUNNING' })
  const cancel = await upstream.next()
  expect(cancel.request).toMatchObject({
    method: 'POST',
    url: `/agents/echo/runs/${ID}/cancel?session_id=s-1`,
  })
  cancel.json({})
  expect(await (await answer).json()).toMatchObject({
    result: { status: { state: 'TASK_STATE_CANCELED' } },
  })
  const late = postJson(`${gateway.url}/a2a/agents/echo/tasks/${ID}:cancel`, {})
  ;(await upstream.next()).json(RUN)
  expect((await late).status).toBe(409)
})

test('a subscription follows the run from its beginning', async () => {
  const { upstream, gateway } = await started()
  const answer = rpc(gateway, 'SubscribeToTask', { id: ID })
  ;(await upstream.next()).json({ ...RUN, status: 'RUNNING' })
  const resumed = await upstream.next()
  expect(resumed.request.url).toBe(`/agents/echo/runs/${ID}/resume`)
  const ids = { run_id: ID, session_id: 's-1' }
  const events = ['RunStarted', 'RunContent', 'RunCompleted']
  resumed.events().end(events.map((name) => runEvent(name, { content: 'hi', ...ids })).join(''))
  const text = await (await answer).whole()
  expect(text).toMatch(/^data: .*"task":\{"id":"s-1.r1".*"TASK_STATE_WORKING"/)
  expect(text).toContain('TASK_STATE_COMPLETED')
})

test('a subscription shows a waiting task once, and refuses a finished one', async () => {
  const { upstream, gateway } = await started()
  const waiting = rpc(gateway, 'tasks/resubscribe', { id: ID })
  ;(await upstream.next()).json({ ...RUN, status: 'PAUSED' })
  const text = await (await waiting).whole()
  expect(text.match(/^data: /gm)).toHaveLength(1)
  expect(text).toContain('"state":"input-required"')
  const over = rpc(gateway, 'SubscribeToTask', { id: ID })
  ;(await upstream.next()).json(RUN)
  expect(await (await over).json()).toMatchObject({ error: { code: -32004 } })
})

test('the tasks of a context are its own runs, newest first', async () => {
  const { upstream, gateway } = await started()
  const answer = rpc(gateway, 'ListTasks', { contextId: 's-1', pageSize: 1 })
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs?session_id=s-1')
  const runs = [
    RUN,
    { ...RUN, run_id: 's-1.r2', created_at: 2e9 },
    { ...RUN, run_id: 'm', parent_run_id: ID },
    { ...RUN, run_id: 'g', status: 'REGENERATED' },
  ]
  exchange.json(runs)
  expect(await (await answer).json()).toMatchObject({
    result: { tasks: [{ id: 's-1.r2' }], pageSize: 1, totalSize: 2, nextPageToken: '1' },
  })
})

test('a list without a context reads the sessions that were used last', async () => {
  const { upstream, gateway } = await started()
  const answer = send(`${gateway.url}/a2a/agents/echo/tasks?status=TASK_STATE_COMPLETED`)
  const sessions = await upstream.next()
  const query = new URL(sessions.request.url, 'http://x').searchParams
  expect(Object.fromEntries(query)).toMatchObject({
    type: 'agent',
    component_id: 'echo',
    db_id: 'db',
    sort_by: 'updated_at',
  })
  sessions.json({ data: [{ session_id: 's-1' }, { session_id: 's-2' }] })
  ;(await upstream.next()).json([RUN])
  ;(await upstream.next()).json({ detail: 'Session not found' }, 404)
  expect(await (await answer).json()).toMatchObject({ tasks: [{ id: ID }], totalSize: 1 })
})

test.each(['CreateTaskPushNotificationConfig', 'tasks/pushNotificationConfig/get'])(
  'the method %s is refused as not supported',
  async (method) => {
    const { gateway } = await started()
    const answer = await rpc(gateway, method, { id: ID })
    expect(await answer.json()).toMatchObject({ error: { code: -32003 } })
  },
)

test.each([
  ['GetExtendedAgentCard', -32004],
  ['agent/getAuthenticatedExtendedCard', -32007],
])('%s is refused, because there is no extended card', async (method, code) => {
  const { gateway } = await started()
  expect(await (await rpc(gateway, method, {})).json()).toMatchObject({ error: { code } })
})

test.each([
  [['agents:read'], 403],
  [['agents:other:run'], 404],
  [['agents:echo:read'], 403],
  [[], 404],
])('scopes %j give %i before anything is sent', async (scopes, status) => {
  const { upstream, gateway } = await started(ENFORCED)
  const caller = withScopes(...scopes)
  const url = `${gateway.url}/a2a/agents/echo`
  const parts = [{ data: { accepted: true } }]
  const answers = await Promise.all([
    rpc(gateway, 'SendMessage', saying('x'), caller),
    rpc(gateway, 'SendStreamingMessage', saying('', { taskId: ID, parts }), caller),
    rpc(gateway, 'CancelTask', { id: ID }, caller),
    postJson(`${url}/message:send`, saying('x'), caller),
    postJson(`${url}/v1/message:send`, { jsonrpc: '2.0', params: {} }, caller),
  ])
  const statuses = answers.map((answer) => answer.status)
  expect(statuses.slice(0, 4)).toEqual([status, status, status, status])
  expect(upstream.waiting).toBe(0)
})

test('without a token the challenge is a bearer token', async () => {
  const { gateway } = await started(ENFORCED)
  const answer = await rpc(gateway, 'SendMessage', saying('x'))
  expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer'])
  expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32600 } })
  const posted = await postJson(`${gateway.url}/a2a/agents/echo/message:send`, saying('x'))
  expect(await posted.json()).toMatchObject({ error: { code: 401, status: 'UNAUTHENTICATED' } })
})
