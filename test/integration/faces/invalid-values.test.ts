/** Tests that values which a face cannot honour are refused in its own form, and that nothing is sent. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import type { Answer } from '../../support/client.ts'
import { chat, facesOf, postJson, rpc } from '../../support/faces.ts'
import { rpc as mcp, responseOf } from '../../support/mcp.ts'

type Gateway = Awaited<ReturnType<typeof facesOf>>

/** Status and body of the answer to a request that never reaches the upstream. */
async function refused(ask: (gateway: Gateway) => Promise<Answer>): Promise<[number, unknown]> {
  const upstream = await startAgentOs()
  const faces = { openai: true, mcp: true, a2a: true, agui: true }
  const answer = await ask(await facesOf(upstream.url, { faces }))
  const body = answer.headers['content-type']?.startsWith('text/event-stream')
    ? await responseOf(answer)
    : await answer.json()
  expect(upstream.waiting).toBe(0)
  return [answer.status, body]
}

const BAD = '%%%'
const asUser = (part: object) => ({ messages: [{ id: '1', role: 'user', content: [part] }] })

test.each([
  ['image', { type: 'image_url', image_url: { url: `data:image/png;base64,${BAD}` } }],
  ['sound', { type: 'input_audio', input_audio: { data: BAD, format: 'wav' } }],
  ['file', { type: 'file', file: { filename: 'a.pdf', file_data: BAD } }],
])('A chat completion with an %s that is not base64 is refused', async (_what, part) => {
  expect(await refused((gateway) => chat(gateway, asUser(part)))).toMatchObject([
    400,
    { error: { type: 'invalid_request_error', message: expect.stringContaining('base64') } },
  ])
})

test.each([
  ['tool_choice', { tool_choice: 7 }],
  ['response_format', { response_format: { type: 'xml' } }],
])('A chat completion with an unknown %s is refused', async (_what, body) => {
  expect(await refused((gateway) => chat(gateway, body))).toMatchObject([
    400,
    { error: { type: 'invalid_request_error' } },
  ])
})

test('A response with an unknown format is refused', async () => {
  const body = { model: 'agent/echo', input: 'hi', text: { format: { type: 'xml' } } }
  const [status] = await refused(({ url }) => postJson(`${url}/v1/responses`, body))
  expect(status).toBe(400)
})

test.each(['image/png', 'application/pdf'])(
  'An AG-UI part %s has to be base64',
  async (mimeType) => {
    const body = asUser({ type: 'binary', mimeType, data: BAD })
    const answer = refused(({ url }) => postJson(`${url}/agui/agents/echo`, body))
    expect(await answer).toMatchObject([400, { detail: expect.stringContaining('base64') }])
  },
)

test('An AG-UI answer with an unknown status is refused', async () => {
  const resume = [{ interruptId: 'c', status: 'maybe', payload: { accepted: true } }]
  const body = { threadId: 't', messages: [], resume }
  const [status] = await refused(({ url }) => postJson(`${url}/agui/agents/echo`, body))
  expect(status).toBe(400)
})

test.each(['image/png', 'application/pdf'])(
  'An A2A part %s has to be base64',
  async (mediaType) => {
    const parts = [{ raw: BAD, mediaType }]
    const message = { messageId: 'm', role: 'ROLE_USER', parts }
    const [, body] = await refused((gateway) => rpc(gateway, 'SendMessage', { message }))
    expect(body).toMatchObject({ error: { code: -32_602 } })
  },
)

test.each(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'])(
  'An unknown cursor of MCP %s is refused',
  async (method) => {
    const [, body] = await refused((gateway) => mcp(gateway, method, { cursor: 'x' }))
    expect(body).toMatchObject({ error: { code: -32_602 } })
  },
)

test('An MCP message of more than 10,000 values is refused', async () => {
  const members = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`m${i}`, 1]))
  const answer = await refused((gateway) => mcp(gateway, 'tools/list', { members }))
  const message = 'The body has more than 10000 JSON values'
  expect(answer).toMatchObject([400, { error: { code: -32_600, message } }])
})

test('The refusal of many wrong MCP arguments is short', async () => {
  const wrong = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`m${i}`, 1]))
  const call = { name: 'run_agent', arguments: wrong }
  const [status, body] = await refused((gateway) => mcp(gateway, 'tools/call', call))
  expect([status, JSON.stringify(body).length]).toEqual([200, expect.closeTo(2_200, -3)])
  expect(body).toMatchObject({ result: { isError: true } })
})
