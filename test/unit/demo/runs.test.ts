import { expect, test } from 'vitest'
import { allEvents, json, list, names, openDemo, post, said } from './support.ts'

test('a run without a stream field streams, as AgentOS does by default', async () => {
  const { a } = await openDemo()
  const answer = await post(`${a}/agents/echo/runs`, { message: 'hello stream', session_id: 's1' })
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const sent = await allEvents(answer)
  expect(names(sent)).toEqual([
    'RunStarted',
    'ModelRequestStarted',
    'RunContent',
    'ModelRequestCompleted',
    'RunContentCompleted',
    'RunCompleted',
  ])
  expect(said(sent)).toBe('You said: hello stream')
  expect(sent.at(-1)?.data['content']).toBe('You said: hello stream')
  expect(sent.filter(({ event }) => event === 'RunContent')).toHaveLength(4)
})

test('foreground events carry the run id and no event index', async () => {
  const { a } = await openDemo()
  const sent = await allEvents(post(`${a}/agents/echo/runs`, { message: 'x', session_id: 's1' }))
  expect(new Set(sent.map(({ data }) => data['run_id'])).size).toBe(1)
  for (const { event, data } of sent) {
    expect(data).toMatchObject({ event, agent_id: 'echo', session_id: 's1', nested_depth: 0 })
    expect(data).not.toHaveProperty('event_index')
  }
})

test('a run with stream=false answers with the whole run output', async () => {
  const { a } = await openDemo()
  const run = await json(
    post(`${a}/agents/echo/runs`, {
      message: 'hello',
      stream: 'false',
      session_id: 's',
      user_id: 'u',
    }),
  )
  expect(run).toMatchObject({
    agent_id: 'echo',
    agent_name: 'Echo',
    session_id: 's',
    user_id: 'u',
    content: 'You said: hello',
    content_type: 'str',
    status: 'COMPLETED',
    messages: [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'You said: hello' },
    ],
    tools: [],
    input: { input_content: 'hello' },
  })
})

test('a multipart form with a file starts a run', async () => {
  const { a } = await openDemo()
  const body = new FormData()
  body.set('message', 'see file')
  body.set('stream', 'false')
  body.append('files', new File(['text'], 'a.txt', { type: 'text/plain' }))
  const run = await json(fetch(`${a}/agents/echo/runs`, { method: 'POST', body }))
  expect(run['content']).toBe('You said: see file')
  expect(run['session_id']).toEqual(expect.any(String))
})

test('a file of an unknown type answers 400', async () => {
  const { a } = await openDemo()
  const body = new FormData()
  body.set('message', 'see file')
  body.append('files', new File(['?'], 'a.xyz', { type: 'application/x-unknown' }))
  const answer = await fetch(`${a}/agents/echo/runs`, { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(await json(answer)).toEqual({ detail: 'Unsupported file type' })
})

test.each([
  ['no message', { stream: 'false' }],
  ['an empty message', { stream: 'false', message: '' }],
])('a run with %s answers the 422 list of FastAPI', async (_, fields) => {
  const { a } = await openDemo()
  const answer = await post(`${a}/agents/echo/runs`, fields)
  expect(answer.status).toBe(422)
  expect(await json(answer)).toEqual({
    detail: [{ type: 'missing', loc: ['body', 'message'], msg: 'Field required', input: null }],
  })
})

test('a stream field that is no boolean answers 422', async () => {
  const { a } = await openDemo()
  const answer = await post(`${a}/agents/echo/runs`, { message: 'x', stream: 'maybe' })
  expect(answer.status).toBe(422)
  expect(await json(answer)).toMatchObject({ detail: [{ type: 'bool_parsing', input: 'maybe' }] })
})

test('a malformed multipart body answers 400', async () => {
  const { a } = await openDemo()
  const headers = { 'content-type': 'multipart/form-data; boundary=x' }
  const answer = await fetch(`${a}/agents/echo/runs`, { method: 'POST', headers, body: 'nope' })
  expect(answer.status).toBe(400)
})

test("a message larger than the demo's limit answers 413", async () => {
  const { a } = await openDemo()
  const answer = await post(`${a}/agents/echo/runs`, { message: 'x'.repeat(70_000) })
  expect(answer.status).toBe(413)
})

test('a run of an unknown agent answers 404', async () => {
  const answer = await post(`${(await openDemo()).a}/agents/nope/runs`, { message: 'x' })
  expect(answer.status).toBe(404)
  expect(await json(answer)).toEqual({ detail: 'Agent not found' })
})

test("a run in another user's session answers 404", async () => {
  const { a } = await openDemo()
  const fields = { message: 'x', stream: 'false', session_id: 's1' }
  await post(`${a}/agents/echo/runs`, { ...fields, user_id: 'u1' })
  const answer = await post(`${a}/agents/echo/runs`, fields)
  expect(answer.status).toBe(404)
  expect(await json(answer)).toEqual({ detail: 'Session not found' })
})

test('a finished run can be read by its id and session', async () => {
  const { a } = await openDemo()
  const run = await json(
    post(`${a}/agents/echo/runs`, { message: 'x', stream: 'false', session_id: 's1' }),
  )
  const url = `${a}/agents/echo/runs/${run['run_id']}`
  const { tools: _none, ...kept } = run
  expect(await json(fetch(`${url}?session_id=s1`))).toEqual({ ...kept, events: expect.any(Array) })
  expect((await fetch(url)).status).toBe(422)
  const elsewhere = await fetch(`${url}?session_id=other`)
  expect(elsewhere.status).toBe(404)
  expect(await json(elsewhere)).toEqual({ detail: 'Run not found' })
})

test('the runs of a session are listed and filtered by status', async () => {
  const { a } = await openDemo()
  for (const message of ['one', 'two']) {
    await post(`${a}/agents/echo/runs`, { message, stream: 'false', session_id: 's1' })
  }
  const url = `${a}/agents/echo/runs?session_id=s1`
  expect(await list(fetch(url))).toMatchObject([
    { run_input: 'one', content: 'You said: one', status: 'COMPLETED' },
    { run_input: 'two', run_response_format: 'text' },
  ])
  expect(await list(fetch(`${url}&status=PAUSED`))).toEqual([])
  const foreign = await fetch(`${a}/agents/slow/runs?session_id=s1`)
  expect(foreign.status).toBe(404)
})

test('the slow agent counts as far as the message asks', async () => {
  const { a } = await openDemo()
  const sent = await allEvents(post(`${a}/agents/slow/runs`, { message: 'count to 20 every 1 ms' }))
  expect(said(sent).split(' ')).toHaveLength(20)
  expect(sent.filter(({ event }) => event === 'RunContent')).toHaveLength(20)
})

test('a long answer streams in at most 500 events without losing text', async () => {
  const { a } = await openDemo()
  const message = 'word '.repeat(600).trim()
  const sent = await allEvents(post(`${a}/agents/echo/runs`, { message }))
  expect(sent.filter(({ event }) => event === 'RunContent')).toHaveLength(500)
  expect(said(sent)).toBe(`You said: ${message}`)
})
