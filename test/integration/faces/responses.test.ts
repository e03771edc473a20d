/** Tests `/v1/responses` through a gateway: create, stream, continue, read, cancel and refuse. */
import { expect, test } from 'vitest'
import { itemId } from '../../../src/face/openai/item-id.ts'
import { responseId } from '../../../src/face/openai/response-id.ts'
import type { Exchange } from '../../support/agentos.ts'
import { HI, runEvent, startResponses } from '../../support/faces.ts'

const REFERENCE = { kind: 'agents', id: 'echo', sessionId: 's-1', runId: 'r-1' } as const
const ID = responseId(REFERENCE)
const idOf = (prefix: string, index: number) => itemId(prefix, REFERENCE, index)
const RUN = { run_id: 'r-1', session_id: 's-1', created_at: 7 }
const METRICS = { input_tokens: 1, output_tokens: 2 }
const CONFIRMED = { tool_call_id: 'c-1', tool_name: 'pay', tool_args: { sum: 3 } }
const PAUSED = {
  ...RUN,
  status: 'PAUSED',
  requirements: [
    { id: 'q-1', tool_execution: { ...CONFIRMED, requires_confirmation: true } },
    {
      id: 'q-2',
      tool_execution: {
        tool_call_id: 'c-2',
        tool_name: 'look',
        tool_args: {},
        external_execution_required: true,
      },
    },
  ],
}

interface Response {
  readonly id: string
  readonly output: readonly { readonly id: string; readonly type: string }[]
}

async function started() {
  const { read, cancel, ...responses } = await startResponses()
  return {
    ...responses,
    read: (rest = '', id = ID) => read(id, rest),
    cancel: (id = ID) => cancel(id),
  }
}

async function formOf(exchange: Exchange): Promise<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams((await exchange.body()).toString()))
}

function typesIn(text: string): string[] {
  return [...text.matchAll(/^event: (.+)$/gm)].map(([, type]) => type as string)
}

test('an unstreamed response contains text, usage and ids', async () => {
  const { upstream, create } = await started()
  const answer = create({ metadata: { topic: 'x' }, user: 'ada' })
  const exchange = await upstream.next()
  const form = await formOf(exchange)
  expect(form).toMatchObject({ message: 'hello', user_id: 'ada', stream: 'true' })
  exchange.events().end(HI)
  const sessionId = form['session_id'] as string
  expect(await (await answer).json()).toMatchObject({
    id: responseId({ kind: 'agents', id: 'echo', sessionId, runId: 'r-1' }),
    object: 'response',
    status: 'completed',
    model: 'agent/echo',
    background: false,
    error: null,
    metadata: { topic: 'x' },
    previous_response_id: null,
    output: [
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] },
    ],
    usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    x_agentos: { run_id: 'r-1', session_id: sessionId },
  })
})

test('a streamed response goes from created to completed in order', async () => {
  const { upstream, create } = await started()
  const answer = create({ stream: true })
  ;(await upstream.next()).events().end(HI)
  const text = await (await answer).whole()
  expect(typesIn(text)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ])
  expect(text).toContain('"delta":"hi"')
})

test('a failed run is answered 500 with its message', async () => {
  const { upstream, create } = await started()
  const answer = create()
  const failed = runEvent('RunStarted') + runEvent('RunError', { content: 'broken' })
  ;(await upstream.next()).events().end(failed)
  const { status, headers } = await answer
  expect([status, headers['x-should-retry']]).toEqual([500, 'false'])
  expect(await (await answer).json()).toMatchObject({ error: { type: 'server_error' } })
})

test('previous_response_id continues its session with the same component', async () => {
  const { upstream, create } = await started()
  const answer = create({ model: undefined, previous_response_id: ID })
  const listed = await upstream.next()
  expect(listed.request.url).toBe('/agents/echo/runs?session_id=s-1')
  listed.json([{ run_id: 'r-0', status: 'COMPLETED', run_input: 'before' }])
  const exchange = await upstream.next()
  expect(await formOf(exchange)).toMatchObject({ message: 'hello', session_id: 's-1' })
  exchange.events().end(HI)
  expect(await (await answer).json()).toMatchObject({ id: ID, previous_response_id: ID })
})

test.each([
  ['conversation', { conversation: 's-2' }],
  ['conversation.id', { conversation: { id: 's-2' } }],
  ['metadata.session_id', { metadata: { session_id: 's-2' } }],
])('the member %s names the session of the run', async (_name, body) => {
  const { upstream, create } = await started()
  const answer = create(body)
  ;(await upstream.next()).json({ detail: 'Session not found' }, 404)
  const exchange = await upstream.next()
  expect((await formOf(exchange))['session_id']).toBe('s-2')
  exchange.events().end(HI)
  expect(await (await answer).json()).toMatchObject({ x_agentos: { session_id: 's-2' } })
})

test('input items of every kind become one conversation', async () => {
  const { upstream, create } = await started()
  const answer = create({
    instructions: 'Be brief',
    input: [
      { role: 'developer', content: 'Be kind' },
      { role: 'user', content: 'first' },
      { type: 'reasoning', summary: [] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'second' }] },
      { role: 'user', content: [{ type: 'input_text', text: 'third' }] },
    ],
  })
  const exchange = await upstream.next()
  const { message } = await formOf(exchange)
  for (const part of ['first', 'second', 'third']) expect(message).toContain(part)
  exchange.events().end(HI)
  expect((await answer).status).toBe(200)
})

test('a background response is queued with the id of its run', async () => {
  const { upstream, create } = await started()
  const answer = create({ background: true, conversation: 's-1' })
  ;(await upstream.next()).json({ detail: 'Session not found' }, 404)
  const exchange = await upstream.next()
  expect(await formOf(exchange)).toMatchObject({ background: 'true', stream: 'false' })
  exchange.json({ run_id: 'r-1', status: 'PENDING' }, 202)
  const expected = { id: ID, status: 'queued', background: true, output: [], usage: null }
  expect(await (await answer).json()).toMatchObject(expected)
})

test('a background answer without a run id is refused with 400', async () => {
  const { upstream, create } = await started()
  const answer = create({ background: true })
  ;(await upstream.next()).json({ content: 'hi' })
  expect((await answer).status).toBe(400)
  expect(await (await answer).whole()).toContain('does not support background runs')
})

test.each([
  ['PENDING', 'queued'],
  ['RUNNING', 'in_progress'],
  ['COMPLETED', 'completed'],
  ['CANCELLED', 'cancelled'],
  ['unheard of', 'in_progress'],
])('a stored run that is %s is read as %s', async (stored, status) => {
  const { upstream, read } = await started()
  const answer = read()
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs/r-1?session_id=s-1')
  exchange.json({ ...RUN, status: stored, content: 'hi', metrics: METRICS })
  const body = (await (await answer).json()) as { usage: unknown }
  expect(body).toMatchObject({ id: ID, status, created_at: 7, output: [{ id: idOf('msg', 0) }] })
  expect(body.usage !== null).toBe(status === 'completed')
})

test('a stored run shows its reasoning and its finished tool calls', async () => {
  const { upstream, read } = await started()
  const answer = read()
  const tools = [
    { ...CONFIRMED, result: 'paid' },
    { tool_call_id: 'c-2', tool_name: 'look', result: 'lost', tool_call_error: true },
    { tool_call_id: 'c-3', tool_name: 'open', result: null },
  ]
  const run = { ...RUN, status: 'COMPLETED', content: 'hi', reasoning_content: 'hm', tools }
  ;(await upstream.next()).json(run)
  expect(await (await answer).json()).toMatchObject({
    output: [
      { id: idOf('rs', 0), type: 'reasoning', summary: [{ text: 'hm' }] },
      {
        id: idOf('mcp', 1),
        type: 'mcp_call',
        status: 'completed',
        arguments: '{"sum":3}',
        output: 'paid',
        error: null,
      },
      { id: idOf('mcp', 2), status: 'failed', arguments: '{}', output: null, error: 'lost' },
      { id: idOf('msg', 3), type: 'message' },
    ],
  })
})

test.each([
  ['broken', 'broken'],
  ['', 'The run failed'],
])('a stored run that failed with %j has its error', async (content, message) => {
  const { upstream, read } = await started()
  const answer = read()
  ;(await upstream.next()).json({ ...RUN, status: 'ERROR', content })
  const error = { code: 'server_error', message }
  expect(await (await answer).json()).toMatchObject({ status: 'failed', error })
})

test('a paused run is read with calls that a request can answer', async () => {
  const { upstream, create, read } = await started()
  const shown = read()
  ;(await upstream.next()).json(PAUSED)
  const { output } = (await (await shown).json()) as Response
  expect(output.map(({ type }) => type)).toEqual(['mcp_approval_request', 'function_call'])
  const [approval, call] = output.map(({ id }) => id)
  const input = [
    ...output,
    { type: 'mcp_approval_response', approval_request_id: approval, approve: true, reason: 'ok' },
    {
      type: 'function_call_output',
      call_id: call,
      output: [{ type: 'input_text', text: 'found' }],
    },
  ]
  const answer = create({ input, previous_response_id: ID })
  ;(await upstream.next()).json(PAUSED)
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs/r-1/continue')
  const answered = Object.values(await formOf(exchange)).join('\n')
  expect(answered).toContain('"confirmed":true')
  expect(answered).toContain('"result":"found"')
  exchange.events().end(HI)
  const { id, ...done } = (await (await answer).json()) as Response
  expect(id).not.toBe(ID)
  expect(done).toMatchObject({ status: 'completed', x_agentos: { run_id: 'r-1' } })
  // The id of a continuation can be read like any other.
  const again = read('', id)
  const asked = await upstream.next()
  expect(asked.request.url).toBe('/agents/echo/runs/r-1?session_id=s-1')
  asked.json({ ...RUN, status: 'COMPLETED', content: 'hi' })
  expect(await (await again).json()).toMatchObject({ id, status: 'completed' })
})

test('a response is streamed again after the given event', async () => {
  const { upstream, read } = await started()
  const answer = read('?stream=true&starting_after=3')
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs/r-1/resume')
  expect(await formOf(exchange)).toMatchObject({ session_id: 's-1' })
  exchange.events().end(HI.replaceAll('"agent_id"', '"created_at":7,"agent_id"'))
  const text = await (await answer).whole()
  expect(typesIn(text)[0]).toBe('response.output_text.delta')
  expect(text).toContain('"background":true')
  expect(text).toContain('"created_at":7')
})

test('an invalid starting_after is refused with 400', async () => {
  const { upstream, read } = await started()
  expect((await read('?stream=true&starting_after=x')).status).toBe(400)
  expect(upstream.waiting).toBe(0)
})

test('a run in progress is cancelled at its AgentOS', async () => {
  const { upstream, cancel } = await started()
  const answer = cancel()
  ;(await upstream.next()).json({ ...RUN, status: 'RUNNING', content: 'so far' })
  const exchange = await upstream.next()
  const { method, url } = exchange.request
  expect([method, url]).toEqual(['POST', '/agents/echo/runs/r-1/cancel?session_id=s-1'])
  exchange.json({})
  const output = [{ content: [{ text: 'so far' }] }]
  const expected = { id: ID, status: 'cancelled', created_at: 7, output }
  expect(await (await answer).json()).toMatchObject(expected)
})

test('a run in the foreground is cancelled by the gateway that streams it', async () => {
  const { upstream, create, cancel } = await started()
  const streaming = create({ stream: true })
  const stream = (await upstream.next()).events()
  stream.write(runEvent('RunStarted'))
  await streaming
  const answer = cancel()
  ;(await upstream.next()).json({ detail: 'Run not found' }, 404)
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs/r-1/cancel?session_id=s-1')
  exchange.json({})
  expect(await (await answer).json()).toMatchObject({ id: ID, status: 'cancelled' })
  stream.end()
})

test('a run that its AgentOS does not have is not cancelled and answered 404', async () => {
  const { upstream, cancel } = await started()
  const answer = cancel()
  ;(await upstream.next()).json({ detail: 'Run not found' }, 404)
  expect((await answer).status).toBe(404)
  expect(await (await answer).json()).toMatchObject({ error: { type: 'not_found_error' } })
  expect(upstream.waiting).toBe(0)
})

test.each([
  ['COMPLETED', 'completed'],
  ['ERROR', 'failed'],
])('a run that is already %s is not cancelled', async (stored, status) => {
  const { upstream, cancel } = await started()
  const answer = cancel()
  ;(await upstream.next()).json({ ...RUN, status: stored, content: 'hi' })
  expect(await (await answer).json()).toMatchObject({ id: ID, status })
  expect(upstream.waiting).toBe(0)
})

test.each([
  ['text', 'hello'],
  ['an object', { input_content: 'hello' }],
])('the input items of a run contain its input as %s', async (_what, input) => {
  const { upstream, read } = await started()
  const answer = read('/input_items')
  ;(await upstream.next()).json({ ...RUN, status: 'COMPLETED', input })
  expect(await (await answer).json()).toMatchObject({
    object: 'list',
    data: [{ id: 'msg_r-1_input', role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
    first_id: 'msg_r-1_input',
    last_id: 'msg_r-1_input',
    has_more: false,
  })
})

test.each(['', '/input_items'])('an unknown run is answered 404 at its path%s', async (rest) => {
  const { upstream, read } = await started()
  const answer = read(rest)
  ;(await upstream.next()).json({ detail: 'Run not found' }, 404)
  expect((await answer).status).toBe(404)
  expect(await (await answer).json()).toMatchObject({ error: { type: 'not_found_error' } })
})

test.each(['resp_foreign', 'r-1'])('the foreign response id %s is answered 404', async (id) => {
  const { upstream, create, read, cancel } = await started()
  const answers = [read('', id), cancel(id), create({ previous_response_id: id })]
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  expect(statuses).toEqual([404, 404, 404])
  expect(upstream.waiting).toBe(0)
})

test.each([
  ['no model', { model: '' }, "'model' is missing"],
  ['no input', { input: [] }, "'input' is missing"],
  ['an unknown role', { input: [{ role: 'king', content: 'x' }] }, "cannot be 'king'"],
  ['an unknown item', { input: [{ type: 'computer_call' }] }, "type 'computer_call'"],
  ['an unnamed call', { input: [{ type: 'function_call_output', output: 'x' }] }, 'name its call'],
  ['a demanded tool', { tool_choice: 'required' }, 'can only require a single tool'],
  ['a stream that is text', { stream: 'yes' }, "'stream' must be true or false"],
])('a request with %s is refused before any run', async (_what, body, message) => {
  const { upstream, create } = await started()
  const answer = await create(body)
  expect(answer.status).toBe(400)
  const error = { type: 'invalid_request_error', message: expect.stringContaining(message) }
  expect(await answer.json()).toMatchObject({ error })
  expect(upstream.waiting).toBe(0)
})
