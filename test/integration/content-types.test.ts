/** Tests content types that are no media types: AgentOS decides about such a body, so the gateway passes it on. */
import { expect, test } from 'vitest'
import { exchange, startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

test.each([
  '',
  ';;;',
  '/',
  'application',
  'application/',
  'application/ json',
  'application/json/x',
  'application/json,application/json',
  '"application/json"',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'application/json; charset=latin1',
  'text/plain',
])('a body with the content type "%s" reaches the upstream unchanged', async (type) => {
  const upstream = await startAgentOs({ agents: ['echo'] }, async (request, response, message) => {
    const { body, json } = exchange({ request, response, message })
    json({ detail: String(await body()), type: request.headers['content-type'] }, 422)
  })
  const gateway = await gatewayOf({ a: upstream.url })
  for (const path of ['/agents/echo/runs/r/cancel', '/sessions?type=agent', '/upstreams/a/x']) {
    const answer = await send(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"a":1}',
    })
    expect([answer.status, await answer.json()]).toEqual([422, { detail: '{"a":1}', type }])
  }
})
