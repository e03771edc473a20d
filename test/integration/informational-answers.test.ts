/**
 * Tests that informational responses of an upstream (RFC 9110 §15.2) are dropped and only the final one is
 * relayed.
 */
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import { proxyVariables, startForwardProxy } from '../support/forward-proxy.ts'
import { gatewayOf, gatewayTo } from '../support/gateway.ts'
import { startRawUpstream } from '../support/raw-upstream.ts'
import { bearer, issuerKey } from '../support/tokens.ts'

const FINAL = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const RUN = { method: 'POST', body: new URLSearchParams({ message: 'hi', stream: 'false' }) }

/** Writes the parts one after the other, each after the previous one was flushed. */
function writeParts(socket: Socket, [part, ...rest]: readonly string[]): void {
  if (part !== undefined) socket.write(part, () => setImmediate(() => writeParts(socket, rest)))
}

describe('informational responses', () => {
  test.each([
    ['100', [CONTINUE + FINAL]],
    ['100 ahead of time', [CONTINUE, FINAL]],
    ['100 twice', [CONTINUE, CONTINUE, FINAL]],
    [
      '100 with headers',
      ['HTTP/1.1 100 Continue\r\nserver: x\r\ncontent-length: 0\r\n\r\n', FINAL],
    ],
    ['100 without a reason', ['HTTP/1.1 100 \r\n\r\n', FINAL]],
    ['100 cut anywhere', ['HTTP/1.1 1', '00 Cont', 'inue\r', '\n\r', `\n${FINAL}`]],
    ['102', ['HTTP/1.1 102 Processing\r\n\r\n', FINAL]],
    ['103', ['HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n', FINAL]],
    ['100, 102 and 103', [CONTINUE, 'HTTP/1.1 102 P\r\n\r\n', 'HTTP/1.1 103 E\r\n\r\n', FINAL]],
  ])('an informational response (%s) is dropped before the final one', async (_, parts) => {
    const upstream = await startRawUpstream((socket) => writeParts(socket, parts))
    const gateway = await gatewayTo(upstream.url)
    const answer = await fetch(`${gateway.url}/agents/echo/runs`, RUN)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe('{}')
    expect(answer.headers.get('link')).toBeNull()
  })

  test('stream bytes that resemble an informational response are relayed', async () => {
    const event = `data: ${CONTINUE.trimEnd()}\n\n`
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n'
    const upstream = await startRawUpstream((socket) =>
      socket.end(CONTINUE + head + CONTINUE + event),
    )
    const gateway = await gatewayTo(upstream.url)
    const answer = await fetch(`${gateway.url}/agents/echo/runs`, RUN)
    expect(await answer.text()).toBe(CONTINUE + event)
  })
})

test.each([
  ['without a proxy', false],
  ['through a proxy', true],
])('a key set behind an unsolicited 100 Continue is fetched %s', async (_name, isProxied) => {
  const key = issuerKey('one')
  const set = JSON.stringify({ keys: [key.jwk] })
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${set.length}\r\n\r\n`
  const issuer = await startRawUpstream((socket) => writeParts(socket, [CONTINUE, head + set]))
  const proxy = await startForwardProxy()
  proxyVariables(isProxied ? { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' } : {})
  const url = isProxied ? issuer.url.replace('127.0.0.1', 'issuer.invalid') : issuer.url
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: { mode: 'jwt', jwks_url: url } })
  const answer = await send(`${gateway.url}/agents`, { headers: bearer(key.token()) })
  expect(answer.status).toBe(200)
})
