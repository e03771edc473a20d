/** Errors of streamed A2A methods: official clients for Go and Python read events only. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { facesOf, rpc } from '../../support/faces.ts'
import { JWT_AUTH } from '../../support/tokens.ts'

const ID = 's-1.r1'
const ENFORCED = { auth: { ...JWT_AUTH, authorization: true } }

async function started() {
  const upstream = await startAgentOs()
  return { upstream, gateway: await facesOf(upstream.url) }
}

const EVENTS = { accept: 'text/event-stream' }

test.each([
  ['tasks/resubscribe', -32001],
  ['SubscribeToTask', -32001],
  ['message/stream', -32602],
  ['SendStreamingMessage', -32602],
])('the error of %s is an event when the caller reads events', async (method, code) => {
  const { gateway } = await started()
  const answer = await rpc(gateway, method, { id: 'r-1' }, EVENTS)
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8')
  const [, data = ''] = /^data: (.*)\n\n$/.exec(await answer.whole()) ?? []
  expect(JSON.parse(data)).toMatchObject({ jsonrpc: '2.0', id: 1, error: { code } })
})

test("an AgentOS's refusal of a streamed call is an event", async () => {
  const { upstream, gateway } = await started()
  const answer = rpc(gateway, 'SubscribeToTask', { id: ID }, EVENTS)
  ;(await upstream.next()).json({ detail: 'Run not found' }, 404)
  expect((await answer).status).toBe(200)
  expect(await (await answer).whole()).toMatch(/^data: \{.*"code":-32001.*\}\n\n$/)
})

test.each([
  ['a method without a stream', 'GetTask', EVENTS],
  ['a caller that reads JSON only', 'SubscribeToTask', { accept: 'application/json' }],
  ['a caller without the header Accept', 'SubscribeToTask', {}],
])('the error for %s is JSON', async (_case, method, headers) => {
  const { gateway } = await started()
  const answer = await rpc(gateway, method, { id: 'r-1' }, headers)
  expect(answer.headers['content-type']).toBe('application/json')
  expect(await answer.json()).toMatchObject({ id: 1, error: { code: -32001 } })
})

test('the wrong version of a streamed call is an event', async () => {
  const { gateway } = await started()
  const headers = { ...EVENTS, 'a2a-version': '9.0' }
  const answer = await rpc(gateway, 'SubscribeToTask', { id: ID }, headers)
  expect(await answer.whole()).toContain('"code":-32009')
})

test('an HTTP error of a streamed call keeps its status', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, ENFORCED)
  const answer = await rpc(gateway, 'SubscribeToTask', { id: ID }, EVENTS)
  expect(answer.status).toBe(401)
  expect(answer.headers['content-type']).toBe('application/json')
})
