/** Tests an upstream that leads back to the gateway, as a gateway in front of itself or of another one does. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'
import { refusedSocket } from '../support/socket-client.ts'

test('a request that comes back is refused before it is sent again', async () => {
  let url = ''
  const upstream = await startAgentOs({ agents: ['echo'] }, async (request, response) => {
    const { method, headers } = request
    const answer = await send(url + request.url, {
      method,
      headers: { via: String(headers['via']) },
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(await answer.json()))
  })
  const gateway = await gatewayOf({ a: upstream.url })
  url = gateway.url
  for (const [method, path, sent = path] of [
    ['POST', '/agents/echo/runs'],
    ['GET', '/sessions'],
    ['GET', '/upstreams/a/x', '/x'],
    ['GET', '/unknown'],
  ] as const) {
    const before = upstream.requests.length
    const answer = await send(gateway.url + path, { method, headers: { via: '1.1 another' } })
    expect([answer.status, await answer.json()]).toEqual([
      508,
      { detail: 'The request came back to this gateway: one of its upstreams leads to it' },
    ])
    expect(upstream.requests.slice(before).map((request) => request.url)).toEqual([sent])
    expect(upstream.requests.at(-1)?.headers['via']).toMatch(/^1\.1 another, 1\.1 agentos-gateway-/)
  }
})

test('a socket that comes back is refused', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const answering = send(`${gateway.url}/agents/echo/x`)
  const { request, json } = await upstream.next()
  json({})
  await answering
  const via = String(request.headers['via'])
  expect(await refusedSocket(gateway.url, { headers: { via } })).toBe(508)
})
