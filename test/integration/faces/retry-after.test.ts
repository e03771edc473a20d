/** Tests that the wait which an AgentOS asks for reaches the clients of each face. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { chat, facesOf, postJson, rpc, saying } from '../../support/faces.ts'

type Gateway = Awaited<ReturnType<typeof facesOf>>

const AGUI = { threadId: 't', runId: 'r', messages: [{ id: '1', role: 'user', content: 'hi' }] }
const ASKING: readonly [string, (gateway: Gateway) => ReturnType<typeof chat>][] = [
  ['A chat completion', (gateway) => chat(gateway)],
  ['A streamed chat completion', (gateway) => chat(gateway, { stream: true })],
  [
    'A response',
    ({ url }) => postJson(`${url}/v1/responses`, { model: 'agent/echo', input: 'hi' }),
  ],
  ['A run of AG-UI', ({ url }) => postJson(`${url}/agui/agents/echo`, AGUI)],
  ['A message of A2A', (gateway) => rpc(gateway, 'SendMessage', saying('hi'))],
  ['A streamed message of A2A', (gateway) => rpc(gateway, 'SendStreamingMessage', saying('hi'))],
]

test.each(ASKING)('%s gets the retry-after of the AgentOS', async (_what, ask) => {
  const upstream = await startAgentOs({ agents: ['echo'] }, (request, response) => {
    const status = request.method === 'GET' ? 404 : 429
    const headers = { 'content-type': 'application/json', 'retry-after': '7' }
    response.writeHead(status, headers).end('{"detail":"Slow down"}')
  })
  const answer = await ask(await facesOf(upstream.url))
  expect([answer.status, answer.headers['retry-after']]).toEqual([429, '7'])
})
