/** Tests that ids in bodies and tokens of a face never become other path segments at a server behind the gateway. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import type { Answer } from '../../support/client.ts'
import { send } from '../../support/client.ts'
import { chat, facesOf, rpc } from '../../support/faces.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { callTool } from '../../support/mcp.ts'

type Gateway = Awaited<ReturnType<typeof facesOf>>

const tokenOf = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
const responseOf = (id: string) => `/v1/responses/resp_${tokenOf('agents', 'echo', 's', id)}`
const idsOf = (id: string) => ({ agent_id: 'echo', run_id: id, session_id: 's' })

const WAYS: readonly (readonly [string, (gateway: Gateway, id: string) => Promise<Answer>])[] = [
  ['OpenAI response', ({ url }, id) => send(url + responseOf(id))],
  ['OpenAI cancel', ({ url }, id) => send(`${url}${responseOf(id)}/cancel`, { method: 'POST' })],
  ['OpenAI input', ({ url }, id) => send(`${url}${responseOf(id)}/input_items`)],
  ['OpenAI stream', ({ url }, id) => send(`${url}${responseOf(id)}?stream=true`)],
  [
    'OpenAI tool message',
    (gateway, id) => {
      const callId = `call_${tokenOf(id, 's', 'c')}`
      const answer = { role: 'tool', tool_call_id: callId, content: '{"accepted":true}' }
      return chat(gateway, { messages: [{ role: 'user', content: 'hi' }, answer] })
    },
  ],
  ['A2A task', (gateway, id) => rpc(gateway, 'GetTask', { id: tokenOf('s', id) })],
  ['A2A cancel', (gateway, id) => rpc(gateway, 'CancelTask', { id: tokenOf('s', id) })],
  ['A2A stream', (gateway, id) => rpc(gateway, 'SubscribeToTask', { id: tokenOf('s', id) })],
  [
    'A2A answer',
    (gateway, id) => {
      const parts = [{ data: { answers: {} } }]
      const message = { messageId: 'm', role: 'ROLE_USER', taskId: id, contextId: 's', parts }
      return rpc(gateway, 'SendMessage', { message })
    },
  ],
  ['MCP cancel', (gateway, id) => callTool(gateway, 'cancel_run', idsOf(id))],
  [
    'MCP answer',
    (gateway, id) => callTool(gateway, 'continue_run', { ...idsOf(id), requirements: [] }),
  ],
  ['MCP session', (gateway, id) => callTool(gateway, 'get_session_runs', { session_id: id })],
]

test.each(WAYS)('An id of another path is not sent by an %s', async (_way, ask) => {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) =>
    answerJson(response, { detail: 'reached' }, 404),
  )
  const faces = { openai: true, mcp: true, a2a: true }
  const gateway = await facesOf(upstream.url, { faces })
  for (const id of ['../../other/runs/r', '..', '.', 'a/b', 'a\\b', 'a\u0000']) {
    const answer = await ask(gateway, id)
    expect(await answer.whole()).toMatch(/"(?:error|isError)":/)
  }
  const sent = upstream.requests
    .map(({ url }) => url)
    .filter((url) => /\/(?:runs|sessions)/.test(url))
  expect(sent).toEqual([])
})
