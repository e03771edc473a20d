/** Tests the items of `/v1/responses`: their events, their ids, and references to them in later requests. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { HI, runEvent, startResponses } from '../../support/faces.ts'

const RUN_ID = randomUUID()
const USAGE = { input_tokens: 1, output_tokens: 2 }
const TOOL = { tool_call_id: 'c-1', tool_name: 'add', tool_args: { a: 1 }, result: '2' }
const PAUSED_TOOL = { tool_call_id: 'c-2', tool_name: 'pay', tool_args: {} }
const requirement = { id: 'q-1', tool_execution: { ...PAUSED_TOOL, requires_confirmation: true } }
const CONFIRM = { type: 'function', name: 'agentos_confirm', parameters: {} }

interface Item {
  readonly id: string
  readonly type: string
  readonly [member: string]: unknown
}

interface Response {
  readonly id: string
  readonly output: readonly Item[]
  readonly usage: unknown
  readonly x_agentos: { readonly session_id: string }
}

const event = (name: string, members: object = {}) => runEvent(name, { run_id: RUN_ID, ...members })
const TOOL_RUN =
  event('RunStarted') +
  event('ToolCallStarted', { tool: TOOL }) +
  event('ToolCallCompleted', { tool: TOOL }) +
  event('RunContent', { content: 'hi' }) +
  event('RunCompleted', { content: 'hi', metrics: USAGE })
const PAUSED_RUN =
  event('RunStarted') +
  event('ModelRequestCompleted', USAGE) +
  event('RunPaused', { requirements: [requirement], tools: [PAUSED_TOOL] })

function framesIn(text: string) {
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, json]) => JSON.parse(json as string))
}

test('the arguments of a tool call are streamed between its start and its end', async () => {
  const { upstream, create } = await startResponses()
  const answer = create({ stream: true })
  ;(await upstream.next()).events().end(TOOL_RUN)
  const frames = framesIn(await (await answer).whole())
  const call = frames.filter(({ output_index }) => output_index === 0)
  expect(call.map(({ type }) => type)).toEqual([
    'response.output_item.added',
    'response.mcp_call.in_progress',
    'response.mcp_call_arguments.delta',
    'response.mcp_call_arguments.done',
    'response.mcp_call.completed',
    'response.output_item.done',
  ])
  const added = { status: 'in_progress', arguments: '', output: null, error: null }
  expect(call[0].item).toMatchObject(added)
  expect(call[2].delta).toBe('{"a":1}')
  expect(call.at(-1).item).toMatchObject({ status: 'completed', arguments: '{"a":1}', output: '2' })
  expect(new Set(call.map(({ item, item_id }) => item_id ?? item.id)).size).toBe(1)
})

test('the arguments of a function call are streamed', async () => {
  const { upstream, create } = await startResponses()
  const answer = create({ stream: true, tools: [CONFIRM] })
  ;(await upstream.next()).events().end(PAUSED_RUN)
  const frames = framesIn(await (await answer).whole())
  const types = frames.map(({ type }) => type)
  expect(types).toContain('response.function_call_arguments.delta')
  expect(types).toContain('response.function_call_arguments.done')
  const [added, done] = frames.filter(({ item }) => item?.type === 'function_call')
  expect(added.item).toMatchObject({ arguments: '', status: 'in_progress' })
  expect(done.item).toMatchObject({ name: 'agentos_confirm', status: 'completed' })
})

test('items have equal ids when streamed, unstreamed and stored', async () => {
  const { upstream, create, read } = await startResponses()
  const idsIn = ({ output }: Response) => output.map(({ id }) => id)
  const headers = { 'x-agentos-session-id': 's-1' }
  const streamed = create({ stream: true }, headers)
  ;(await upstream.next()).json([])
  ;(await upstream.next()).events().end(TOOL_RUN)
  const response = framesIn(await (await streamed).whole()).at(-1).response as Response
  const whole = create({}, headers)
  ;(await upstream.next()).json([])
  ;(await upstream.next()).events().end(TOOL_RUN)
  expect(idsIn((await (await whole).json()) as Response)).toEqual(idsIn(response))
  const stored = read(response.id)
  const run = { run_id: RUN_ID, session_id: 's-1', status: 'COMPLETED', content: 'hi' }
  ;(await upstream.next()).json({ ...run, tools: [TOOL] })
  expect(idsIn((await (await stored).json()) as Response)).toEqual(idsIn(response))
})

test('a reference to an earlier item continues its session', async () => {
  const { upstream, create } = await startResponses()
  const first = create()
  ;(await upstream.next()).events().end(HI.replaceAll('r-1', RUN_ID))
  const { output, x_agentos } = (await (await first).json()) as Response
  const input = [
    { role: 'user', content: 'hello' },
    { type: 'item_reference', id: output[0]?.id },
    { role: 'user', content: 'and again' },
  ]
  const second = create({ input })
  const session = x_agentos.session_id
  const listed = await upstream.next()
  expect(listed.request.url).toBe(`/agents/echo/runs?session_id=${session}`)
  listed.json([{ run_id: RUN_ID, status: 'COMPLETED', run_input: 'hello' }])
  const exchange = await upstream.next()
  const form = new URLSearchParams((await exchange.body()).toString())
  exchange.events().end(HI)
  expect((await second).status).toBe(200)
  expect([form.get('message'), form.get('session_id')]).toEqual(['and again', session])
})

test('a reference to an unknown item is answered 404', async () => {
  const { upstream, create } = await startResponses()
  const answer = await create({ input: [{ type: 'item_reference', id: 'msg_foreign' }] })
  expect(answer.status).toBe(404)
  expect(await answer.whole()).toContain('No item has this id')
  expect(upstream.waiting).toBe(0)
})

test('a listed confirmation tool is called in place of an approval request', async () => {
  const { upstream, create } = await startResponses()
  const answer = create({ tools: [CONFIRM] })
  ;(await upstream.next()).events().end(PAUSED_RUN)
  const { output, usage } = (await (await answer).json()) as Response
  expect(output.map(({ type, name }) => [type, name])).toEqual([
    ['function_call', 'agentos_confirm'],
  ])
  expect(usage).toMatchObject({ total_tokens: 3 })
  const call_id = output[0]?.['call_id']
  const reply = { type: 'function_call_output', call_id, output: '{"accepted":true}' }
  const second = create({ input: [...output, reply], tools: [CONFIRM] })
  ;(await upstream.next()).json({ run_id: RUN_ID, status: 'PAUSED', requirements: [requirement] })
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe(`/agents/echo/runs/${RUN_ID}/continue`)
  expect((await exchange.body()).toString()).toContain('confirmed')
  exchange.events().end(HI)
  expect((await second).status).toBe(200)
})

test('the header x-agentos-hitl asks for calls in responses too', async () => {
  const { upstream, create } = await startResponses()
  const answer = create({}, { 'x-agentos-hitl': 'tools' })
  ;(await upstream.next()).events().end(PAUSED_RUN)
  const { output } = (await (await answer).json()) as Response
  expect(output.map(({ type }) => type)).toEqual(['function_call'])
})
