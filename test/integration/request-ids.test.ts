import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

async function open() {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
    response.writeHead(200, { 'x-request-id': 'of-the-upstream' }).end('{}')
  })
  return { upstream, gateway: await gatewayOf({ a: upstream.url }) }
}

test('a request without an id gets one for upstream, caller and log', async () => {
  const { upstream, gateway } = await open()
  const answer = await run(`${gateway.url}/agents/echo/runs`)
  const id = answer.headers['x-request-id']
  expect(id).toMatch(/^[\w-]{8,}$/)
  expect(upstream.requests.at(-1)?.headers['x-request-id']).toBe(id)
  expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({ requestId: id })
})

test('the request id of a caller is kept', async () => {
  const { upstream, gateway } = await open()
  const id = 'trace:1/2+3=4@x_y.z-0'
  const answer = await run(`${gateway.url}/agents/echo/runs`, '', { 'x-request-id': id })
  expect(answer.headers['x-request-id']).toBe(id)
  expect(upstream.requests.at(-1)?.headers['x-request-id']).toBe(id)
})

test.each([
  ['has odd characters', 'a b"c'],
  ['is too long', 'x'.repeat(129)],
  ['is empty', ''],
])('a request id that %s is replaced', async (_name, id) => {
  const { gateway } = await open()
  const answer = await send(`${gateway.url}/health`, { headers: { 'x-request-id': id } })
  expect(answer.headers['x-request-id']).toMatch(/^[\w-]{8,128}$/)
})

test('every request gets a unique id', async () => {
  const { gateway } = await open()
  const ids = new Set<unknown>()
  for (let i = 0; i < 50; i++) {
    ids.add((await send(`${gateway.url}/health`)).headers['x-request-id'])
  }
  expect(ids.size).toBe(50)
})
