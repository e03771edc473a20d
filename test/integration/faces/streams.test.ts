import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { chat, facesOf, HI, postJson, runEvent } from '../../support/faces.ts'

const STREAM = { stream: true }

test('the form contains message, session and stream_events', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, { ...STREAM, user: 'ada' })
  const exchange = await upstream.next()
  const form = new URLSearchParams((await exchange.body()).toString())
  expect(exchange.request.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(Object.fromEntries(form)).toMatchObject({
    message: 'hello',
    user_id: 'ada',
    stream: 'true',
    stream_events: 'true',
  })
  exchange.events().end(HI)
  const { headers } = await answer
  expect(headers['x-agentos-session-id']).toBe(form.get('session_id'))
})

test('the response head is sent before the first event', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, STREAM)
  const response = (await upstream.next()).events()
  response.flushHeaders()
  const { status, headers } = await answer
  expect([status, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8'])
  response.end(HI)
})

test('a silent stream receives heartbeat comments', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, { heartbeat: '50ms' })
  const answer = await Promise.all([
    chat(gateway, STREAM),
    upstream.next().then((exchange) => exchange.events().flushHeaders()),
  ])
  expect(await answer[0].until('\n')).toBe(': heartbeat\n')
})

test('a completed run ends with exactly one [DONE]', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, STREAM)
  const late = runEvent('RunContent', { content: 'late' }) + runEvent('RunError', { content: 'x' })
  ;(await upstream.next()).events().end(HI + late)
  const text = await (await answer).whole()
  expect(text.match(/\[DONE\]/g)).toHaveLength(1)
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  expect(text).not.toContain('late')
})

test('the last frames wait for the end of the response of the AgentOS', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, { heartbeat: '50ms' })
  const asked = chat(gateway, STREAM)
  const response = (await upstream.next()).events()
  response.write(HI)
  const answer = await asked
  await answer.until('"content":"hi"')
  expect(await answer.until(': heartbeat')).not.toContain('[DONE]')
  response.end()
  expect((await answer.whole()).endsWith('data: [DONE]\n\n')).toBe(true)
})

test('a connection that breaks behind the last event ends the answer in order', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, STREAM)
  const response = (await upstream.next()).events()
  response.write(HI, () => response.destroy())
  expect((await (await answer).whole()).endsWith('data: [DONE]\n\n')).toBe(true)
})

test('a character split between two writes arrives whole', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, STREAM)
  const response = (await upstream.next()).events()
  const bytes = Buffer.from(HI.replaceAll('hi', 'grüß 😀'))
  const cut = bytes.indexOf('😀') + 2
  response.write(bytes.subarray(0, cut), () => response.end(bytes.subarray(cut)))
  expect(await (await answer).whole()).toContain('"content":"grüß 😀"')
})

test.each([
  [
    'RunError',
    (raw: import('node:http').ServerResponse) =>
      raw.end(runEvent('RunError', { content: 'broken' })),
  ],
  [
    'a broken connection',
    (raw: import('node:http').ServerResponse) => raw.write('', () => raw.destroy()),
  ],
  ['an end without a result', (raw: import('node:http').ServerResponse) => raw.end()],
])('%s ends the stream with an error and without [DONE]', async (_what, end) => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, STREAM)
  const response = (await upstream.next()).events()
  response.write(runEvent('RunStarted') + runEvent('RunContent', { content: 'hi' }), () =>
    end(response),
  )
  const text = await (await answer).whole()
  expect(text).toContain('"content":"hi"')
  expect(text).toMatch(/data: \{"error":\{"message":"[^"]+","type":"server_error"/)
  expect(text).not.toContain('[DONE]')
})

test('a failed run is answered 500 with x-should-retry false', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway)
  ;(await upstream.next())
    .events()
    .end(runEvent('RunStarted') + runEvent('RunError', { content: 'broken' }))
  const { status, headers } = await answer
  expect([status, headers['x-should-retry']]).toEqual([500, 'false'])
})

test.each([true, false])('an error of AgentOS keeps its status with stream %s', async (stream) => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, { stream })
  ;(await upstream.next()).json({ detail: 'No such model' }, 422)
  expect((await answer).status).toBe(422)
  expect(await (await answer).json()).toMatchObject({ error: { message: 'No such model' } })
})

test.each([true, false])(
  'an unreachable upstream gives a retryable 502, stream %s',
  async (stream) => {
    const upstream = await startAgentOs()
    const gateway = await facesOf(upstream.url)
    await upstream.close()
    const answer = await chat(gateway, { stream })
    expect([answer.status, answer.headers['x-should-retry']]).toEqual([502, 'true'])
  },
)

test.each([true, false])(
  'a disconnect of the caller closes the upstream, stream %s',
  async (stream) => {
    const upstream = await startAgentOs()
    const gateway = await facesOf(upstream.url)
    const pending = chat(gateway, { stream })
    const settled = pending.catch(() => undefined)
    const exchange = await upstream.next()
    const response = exchange.events()
    response.write(runEvent('RunStarted'))
    if (stream) (await pending).abort()
    else gateway.app.server.closeAllConnections()
    expect(await exchange.request.closed).toBe(false)
    await settled
  },
)

test('a broken AG-UI run ends with RUN_ERROR', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const messages = [{ id: '1', role: 'user', content: 'hello' }]
  const answer = postJson(`${gateway.url}/agui/agents/echo`, {
    threadId: 't',
    runId: 'r',
    messages,
  })
  ;(await upstream.next()).json({ detail: 'Session not found' }, 404)
  const response = (await upstream.next()).events()
  response.write(runEvent('RunContent', { content: 'hi' }), () => response.destroy())
  const text = await (await answer).whole()
  const types = [...text.matchAll(/"type":"(\w+)"/g)].map(([, type]) => type)
  expect(types).toEqual([
    'RUN_STARTED',
    'TEXT_MESSAGE_START',
    'TEXT_MESSAGE_CONTENT',
    'TEXT_MESSAGE_END',
    'RUN_ERROR',
  ])
})

test('metrics and access log contain the face', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway)
  ;(await upstream.next()).events().end(HI)
  await (await answer).whole()
  const line = await gateway.log.until(({ face }) => face !== undefined)
  expect(line).toMatchObject({ face: 'openai', component: 'agents/echo', runId: 'r-1' })
  const metrics = await (await send(`${gateway.url}/gateway/metrics`)).whole()
  expect(metrics).toMatch(/requests_total\{[^}]*face="openai"[^}]*\} 1/)
})
