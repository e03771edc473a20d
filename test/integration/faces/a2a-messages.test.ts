import { expect, test } from 'vitest'
import type { Exchange, FakeAgentOs } from '../../support/agentos.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { facesOf, HI, postJson, rpc, runEvent, saying } from '../../support/faces.ts'

const PAUSED_TOOL = {
  tool_call_id: 'call_1',
  tool_name: 'delete_file',
  tool_args: { path: 'x' },
  requires_confirmation: true,
}
const PAUSED = {
  status: 'PAUSED',
  tools: [PAUSED_TOOL],
  requirements: [{ id: 'q-1', tool_execution: PAUSED_TOOL }],
}
const TASK = { taskId: 's-1.r1', contextId: 's-1' }

async function formOf(exchange: Exchange): Promise<URLSearchParams> {
  return new URLSearchParams((await exchange.body()).toString())
}

async function answeredRun(upstream: FakeAgentOs, events: string): Promise<URLSearchParams> {
  const exchange = await upstream.next()
  const form = await formOf(exchange)
  exchange.events().end(events)
  return form
}

test('the id of the new run names its session', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = rpc(gateway, 'SendMessage', saying('hello', { contextId: 's-1' }))
  const form = await answeredRun(upstream, runEvent('RunStarted') + runEvent('RunCompleted'))
  expect(Object.fromEntries(form)).toMatchObject({
    message: 'hello',
    session_id: 's-1',
    stream: 'true',
    background: 'true',
    run_id: expect.stringMatching(/^s-1\.[\w-]{16}$/),
  })
  expect(await (await answer).json()).toMatchObject({
    jsonrpc: '2.0',
    id: 1,
    result: { task: { contextId: 's-1', status: { state: 'TASK_STATE_COMPLETED' } } },
  })
})

test('a component without a database runs in the foreground, to its end', async () => {
  const upstream = await startAgentOs({ agents: ['echo'], database: null })
  const gateway = await facesOf(upstream.url)
  const params = saying('hello', {}, { returnImmediately: true })
  const answer = rpc(gateway, 'SendMessage', params)
  const form = await answeredRun(upstream, HI)
  expect(form.has('background')).toBe(false)
  expect(await (await answer).json()).toMatchObject({
    result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } },
  })
})

test('messages of 0.3 are answered in the form of 0.3', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const message = { messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'hello' }] }
  const answer = rpc(gateway, 'message/send', { message })
  await answeredRun(upstream, HI)
  expect(await (await answer).json()).toMatchObject({
    result: {
      kind: 'task',
      status: { state: 'completed' },
      artifacts: [{ parts: [{ kind: 'text', text: 'hi' }] }],
      history: [{ kind: 'message', role: 'user', messageId: 'm' }],
    },
  })
})

test('REST has no envelope, in requests and in streams', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const url = `${gateway.url}/a2a/agents/echo`
  const whole = postJson(`${url}/message:send`, saying('hello'), { 'a2a-version': '1.0' })
  await answeredRun(upstream, HI)
  const { headers } = await whole
  expect(headers['content-type']).toBe('application/a2a+json')
  expect(await (await whole).json()).toMatchObject({ task: { artifacts: [{}] } })
  const streamed = postJson(`${url}/message:stream`, saying('hello'))
  await answeredRun(upstream, HI)
  const text = await (await streamed).whole()
  expect(text).toMatch(/^data: \{"task":/)
  expect(text).toContain('"state":"TASK_STATE_COMPLETED"')
})

test("AgentOS's dialect posts JSON-RPC to REST paths and names its events", async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const message = { messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'hello' }] }
  const metadata = { userId: 'ada' }
  const params = { message: { ...message, metadata } }
  const body = { jsonrpc: '2.0', id: 'q', method: 'message/stream', params }
  const answer = postJson(`${gateway.url}/a2a/agents/echo/v1/message:stream`, body)
  const form = await answeredRun(upstream, HI)
  expect(form.get('user_id')).toBe('ada')
  const text = await (await answer).whole()
  expect(text.match(/^event: (\w+)$/gm)).toEqual([
    'event: TaskStatusUpdateEvent',
    'event: Message',
    'event: TaskStatusUpdateEvent',
    'event: Task',
  ])
})

test('a message with returnImmediately is answered while the run continues', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const params = saying('hello', {}, { returnImmediately: true })
  const answer = rpc(gateway, 'SendMessage', params)
  const response = (await upstream.next()).events()
  response.write(runEvent('RunStarted'))
  expect(await (await answer).json()).toMatchObject({
    result: { task: { status: { state: 'TASK_STATE_WORKING' } } },
  })
})

test('files of a message reach the agent, and files of the agent are artifacts', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const parts = [{ text: 'look' }, { raw: 'AA==', mediaType: 'image/png', filename: 'a.png' }]
  const answer = rpc(gateway, 'SendMessage', saying('', { parts }))
  const images = [{ content: 'BB==', mime_type: 'image/jpeg' }]
  const form = await answeredRun(
    upstream,
    runEvent('RunStarted') + runEvent('RunCompleted', { images }),
  )
  expect(JSON.parse(form.get('images') ?? '')).toMatchObject([{ content: 'AA==' }])
  expect(await (await answer).json()).toMatchObject({
    result: { task: { artifacts: [{ parts: [{ raw: 'BB==', mediaType: 'image/jpeg' }] }] } },
  })
})

test('a structured answer is a data part', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = rpc(gateway, 'SendMessage', saying('hello'))
  await answeredRun(
    upstream,
    runEvent('RunStarted') + runEvent('RunCompleted', { content: { a: 1 } }),
  )
  expect(await (await answer).json()).toMatchObject({
    result: { task: { artifacts: [{ parts: [{ data: { a: 1 } }] }] } },
  })
})

test('a data part on the paused task continues its run', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const parts = [{ data: { answers: { call_1: { accepted: true } } } }]
  const answer = rpc(gateway, 'SendStreamingMessage', saying('', { ...TASK, parts }))
  const stored = await upstream.next()
  expect(stored.request.url).toBe('/agents/echo/runs/s-1.r1?session_id=s-1')
  stored.json({ run_id: 's-1.r1', ...PAUSED })
  const continued = await upstream.next()
  expect(continued.request.url).toBe('/agents/echo/runs/s-1.r1/continue')
  const form = await formOf(continued)
  expect(JSON.parse(form.get('tools') ?? '')).toMatchObject([{ confirmed: true }])
  const ids = { run_id: 's-1.r1', session_id: 's-1' }
  continued
    .events()
    .end(runEvent('RunContinued', ids) + runEvent('RunCompleted', { content: 'done', ...ids }))
  const text = await (await answer).whole()
  expect(text).toContain('"task":{"id":"s-1.r1"')
  expect(text).toContain('"state":"TASK_STATE_COMPLETED"')
})

test('text alone is no consent: the task still waits', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = rpc(gateway, 'SendMessage', saying('yes', TASK))
  for (const _ of ['pause', 'task']) (await upstream.next()).json({ run_id: 's-1.r1', ...PAUSED })
  expect(await (await answer).json()).toMatchObject({
    result: {
      task: {
        status: {
          state: 'TASK_STATE_INPUT_REQUIRED',
          message: { parts: [{ text: 'May delete_file run?' }, { data: { requirements: [{}] } }] },
        },
      },
    },
  })
  expect(upstream.waiting).toBe(0)
})

test.each([
  ['answered before', { status: 'COMPLETED' }, 200, -32004],
  ['unknown, or of another user', undefined, 404, -32001],
])('an answer to a task that is %s is refused', async (_what, run, status, code) => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const parts = [{ data: { accepted: true } }]
  const answer = rpc(gateway, 'SendMessage', saying('', { ...TASK, parts }))
  ;(await upstream.next()).json(run ?? { detail: 'Run not found' }, status)
  expect(await (await answer).json()).toMatchObject({ id: 1, error: { code } })
  expect(upstream.waiting).toBe(0)
})

test('a context that is not the one of the task is refused', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = await rpc(gateway, 'SendMessage', saying('x', { ...TASK, contextId: 'other' }))
  expect(await answer.json()).toMatchObject({ error: { code: -32602 } })
  expect(upstream.waiting).toBe(0)
})

test.each([
  ['no JSON', '{', -32700],
  ['a batch', '[]', -32600],
  ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"x","params":{}}', -32601],
  ['no message', '{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{}}', -32602],
])('%s is answered with an error of JSON-RPC', async (_what, body, code) => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = await send(`${gateway.url}/a2a/agents/echo`, { method: 'POST', body })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', error: { code } })
})

test('an unsupported version is refused in both bindings', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const header = { 'a2a-version': '2.0' }
  const called = await rpc(gateway, 'SendMessage', saying('x'), header)
  expect(await called.json()).toMatchObject({ error: { code: -32009 } })
  const posted = await postJson(`${gateway.url}/a2a/agents/echo/message:send`, saying('x'), header)
  expect(posted.status).toBe(400)
  expect(await posted.json()).toMatchObject({
    error: { code: 400, details: [{ reason: 'VERSION_NOT_SUPPORTED' }] },
  })
})

test('a failed run is a failed task, and an error of AgentOS an error', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const failed = rpc(gateway, 'SendMessage', saying('x'))
  await answeredRun(upstream, runEvent('RunStarted') + runEvent('RunError', { content: 'broken' }))
  expect(await (await failed).json()).toMatchObject({
    result: { task: { status: { state: 'TASK_STATE_FAILED' } } },
  })
  const refused = rpc(gateway, 'SendStreamingMessage', saying('x'))
  ;(await upstream.next()).json({ detail: 'No such model' }, 422)
  expect((await refused).status).toBe(200)
  expect(await (await refused).json()).toMatchObject({
    id: 1,
    error: { code: -32602, message: 'No such model' },
  })
})

test('a dead upstream is a 502 with an error of JSON-RPC', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  await upstream.close()
  const answer = await rpc(gateway, 'SendMessage', saying('x'))
  expect(answer.status).toBe(502)
  expect(await answer.json()).toMatchObject({ id: 1, error: { code: -32603 } })
})

test('a caller that disconnects closes the upstream request', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = rpc(gateway, 'SendStreamingMessage', saying('x'))
  const exchange = await upstream.next()
  exchange.events().write(runEvent('RunStarted'))
  ;(await answer).abort()
  expect(await exchange.request.closed).toBe(false)
})

test('a silent stream gets heartbeats', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, { heartbeat: '50ms' })
  const answer = rpc(gateway, 'SendStreamingMessage', saying('x'))
  ;(await upstream.next()).events().flushHeaders()
  expect(await (await answer).until('\n')).toBe(': heartbeat\n')
})

test('metrics and the access log name the face', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = rpc(gateway, 'SendMessage', saying('x'))
  await answeredRun(upstream, HI)
  await (await answer).whole()
  const line = await gateway.log.until(({ face }) => face === 'a2a')
  expect(line).toMatchObject({ component: 'agents/echo', runId: 'r-1' })
})
