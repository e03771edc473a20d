/** Tests requests that require a tool: the tool's parameters are the output schema, and its call is the answer. */
import { expect, test } from 'vitest'
import { sessionOfItem } from '../../../src/face/openai/item-id.ts'
import type { Exchange } from '../../support/agentos.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { chat, facesOf, postJson, runEvent } from '../../support/faces.ts'

const parameters = { type: 'object', properties: { text: { type: 'string' } } }
const FUNCTION = { name: 'Answer', parameters }
const CHAT_TOOL = { type: 'function', function: FUNCTION }
const CONFIRM = { type: 'function', function: { name: 'agentos_confirm', parameters: {} } }
const ANSWER = '{"text":"hi"}'

const runOf = (content: unknown) =>
  runEvent('RunStarted') +
  runEvent('RunContent', { content }) +
  runEvent('RunCompleted', { content, metrics: { input_tokens: 1, output_tokens: 2 } })

interface Response {
  readonly output: readonly { readonly id: string }[]
  readonly x_agentos: { readonly session_id: string }
}

async function started() {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const create = (body: object) =>
    postJson(`${gateway.url}/v1/responses`, { model: 'agent/echo', input: 'hello', ...body })
  return { upstream, gateway, create }
}

async function schemaOf(exchange: Exchange): Promise<unknown> {
  const form = new URLSearchParams((await exchange.body()).toString())
  return JSON.parse(form.get('output_schema') ?? 'null')
}

function framesIn(text: string) {
  const data = [...text.matchAll(/^data: (\{.+)$/gm)].map(([, json]) => json as string)
  return data.map((json) => JSON.parse(json))
}

test.each([
  ['by name', { tool_choice: { type: 'function', function: { name: 'Answer' } } }],
  ['as the only one', { tool_choice: 'required' }],
])('a tool that is required %s contains the answer', async (_how, choice) => {
  const { upstream, gateway } = await started()
  const answer = chat(gateway, { tools: [CONFIRM, CHAT_TOOL], ...choice })
  const exchange = await upstream.next()
  expect(await schemaOf(exchange)).toEqual(parameters)
  exchange.events().end(runOf({ text: 'hi' }))
  expect(await (await answer).json()).toMatchObject({
    choices: [
      {
        finish_reason: 'tool_calls',
        message: {
          content: null,
          tool_calls: [{ function: { name: 'Answer', arguments: ANSWER } }],
        },
      },
    ],
    usage: { total_tokens: 3 },
  })
})

test.each([undefined, {}])(
  'a required tool with the parameters %j takes any object',
  async (parameters) => {
    const { upstream, gateway } = await started()
    const tools = [{ type: 'function', function: { name: 'Answer', parameters } }]
    const answer = chat(gateway, { tools, tool_choice: 'required' })
    const exchange = await upstream.next()
    expect(await schemaOf(exchange)).toEqual({ type: 'object' })
    exchange.events().end(runOf(ANSWER))
    expect((await answer).status).toBe(200)
  },
)

test('a streamed answer is the call of the required tool', async () => {
  const { upstream, gateway } = await started()
  const body = { stream: true, tools: [CHAT_TOOL], tool_choice: 'required' }
  const answer = chat(gateway, body)
  ;(await upstream.next()).events().end(runOf(ANSWER))
  const choices = framesIn(await (await answer).whole()).map((frame) => frame.choices[0])
  expect(choices.map(({ delta }) => delta.content ?? '').join('')).toBe('')
  const [call] = choices.flatMap(({ delta }) => delta.tool_calls ?? [])
  expect(call).toMatchObject({ index: 0, function: { name: 'Answer', arguments: ANSWER } })
  expect(choices.at(-1).finish_reason).toBe('tool_calls')
})

test.each([true, false])('an answer that is no object stays text, streamed: %s', async (stream) => {
  const { upstream, gateway } = await started()
  const answer = chat(gateway, { stream, tools: [CHAT_TOOL], tool_choice: 'required' })
  ;(await upstream.next()).events().end(runOf('hi'))
  const text = await (await answer).whole()
  expect(text).toContain('"content":"hi"')
  expect(text).toContain('"finish_reason":"stop"')
})

test('a reply to such a call is the next message', async () => {
  const { upstream, gateway } = await started()
  const required = { tools: [CHAT_TOOL], tool_choice: 'required' }
  const first = chat(gateway, required)
  ;(await upstream.next()).events().end(runOf(ANSWER))
  const { choices } = (await (await first).json()) as { choices: { message: object }[] }
  const message = choices[0]?.message as { tool_calls: { id: string }[] }
  const reply = { role: 'tool', tool_call_id: message.tool_calls[0]?.id, content: 'text is short' }
  const messages = [{ role: 'user', content: 'hello' }, { role: 'assistant', ...message }, reply]
  const second = chat(gateway, { messages, ...required })
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs')
  const form = new URLSearchParams((await exchange.body()).toString())
  exchange.events().end(runOf(ANSWER))
  expect((await second).status).toBe(200)
  expect(form.get('message')).toMatch(/User: hello\s+User: text is short$/)
})

test('a response contains the answer as a function call', async () => {
  const { upstream, create } = await started()
  const required = { tools: [{ type: 'function', ...FUNCTION }], tool_choice: 'required' }
  const answer = create(required)
  const exchange = await upstream.next()
  expect(await schemaOf(exchange)).toEqual(parameters)
  exchange.events().end(runOf(ANSWER))
  const called = { type: 'function_call', name: 'Answer', arguments: ANSWER }
  const response = (await (await answer).json()) as Response
  expect(response).toMatchObject({ output: [called] })
  expect(sessionOfItem(response.output[0]?.id ?? '')).toBe(response.x_agentos.session_id)
  const streamed = create({ ...required, stream: true })
  ;(await upstream.next()).events().end(runOf(ANSWER))
  const frames = framesIn(await (await streamed).whole())
  expect(frames.at(-1)).toMatchObject({ response: { output: [called] } })
  expect(frames.map(({ type }) => type)).not.toContain('response.output_text.delta')
})

test.each([
  ['one of two tools', [CHAT_TOOL, { type: 'function', function: { name: 'B' } }], 'required'],
  ['an unknown tool', [CHAT_TOOL], { type: 'function', function: { name: 'B' } }],
  ['a tool without a list', [], 'required'],
])('a request that requires %s is refused', async (_what, tools, choice) => {
  const { upstream, gateway } = await started()
  const answer = await chat(gateway, { tools, tool_choice: choice })
  expect(answer.status).toBe(400)
  expect(await answer.whole()).toContain('can only require a single tool')
  expect(upstream.waiting).toBe(0)
})
