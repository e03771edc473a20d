/**
 * Tests that header bytes above 0x7f are relayed unchanged (RFC 9110 §5.5), in every way a response head is
 * written.
 */
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { rawConnection, sendRaw } from '../support/client.ts'
import { gatewayTo } from '../support/gateway.ts'
import { startRawUpstream } from '../support/raw-upstream.ts'

/** `résumé` in UTF-8 and `naïve` in latin1, as one character per byte. */
const UTF8 = 'x-name: r\u00c3\u00a9sum\u00c3\u00a9'
const LATIN1 = 'x-other: na\u00efve'
const HEAD = `HTTP/1.1 200 OK\r\n${UTF8}\r\n${LATIN1}\r\n`
const CHUNKED = 'transfer-encoding: chunked\r\n\r\n'

/** Starts a gateway; returns it with the connection on which its upstream answers a request. */
async function asked(method: string) {
  const { promise, resolve } = Promise.withResolvers<Socket>()
  const upstream = await startRawUpstream((socket, head) => {
    if (head.startsWith(`${method} /agents/echo/runs`)) resolve(socket)
  })
  // A head without a body is written at the next tick of the clock.
  const gateway = await gatewayTo(upstream.url, { heartbeat: '20ms' })
  const caller = await rawConnection(gateway.port)
  caller.write(`${method} /agents/echo/runs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  return { caller, socket: await promise }
}

describe('header bytes above 0x7f reach the caller unchanged', () => {
  test.each([
    ['of known length', `${HEAD}content-length: 2\r\n\r\n`, '{}'],
    ['in chunks', `${HEAD}${CHUNKED}`, '2\r\n{}\r\n0\r\n\r\n'],
    ['up to the end of the connection', `${HEAD}\r\n`, '{}'],
    ['of events', `${HEAD}content-type: text/event-stream\r\n\r\n`, 'data: {}\n\n'],
  ])('header bytes stay unchanged when the head precedes a body %s', async (_, head, body) => {
    const { caller, socket } = await asked('POST')
    socket.write(head, 'latin1')
    await caller.until(/\r\n\r\n/)
    socket.end(body, 'latin1')
    expect(await caller.whole()).toContain(`${UTF8}\r\n${LATIN1}\r\n`)
  })

  test.each([
    ['GET', `${HEAD}content-length: 2\r\n\r\n{}`],
    ['GET', `${HEAD}content-length: 0\r\n\r\n`],
    ['GET', `${HEAD}${CHUNKED}2\r\n{}\r\n0\r\n\r\n`],
    ['HEAD', `${HEAD}content-length: 2\r\n\r\n`],
  ])('header bytes stay unchanged in a %s answer written at once', async (method, answer) => {
    const { caller, socket } = await asked(method)
    socket.end(answer, 'latin1')
    expect(await caller.whole()).toContain(`${UTF8}\r\n${LATIN1}\r\n`)
  })

  test('header bytes stay unchanged in a head of the gateway', async () => {
    const upstream = await startRawUpstream((socket) => socket.end())
    const gateway = await gatewayTo(upstream.url)
    const answer = await sendRaw(
      gateway.port,
      `OPTIONS /agents HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: https://os.agno.com\r\n` +
        'access-control-request-method: POST\r\naccess-control-request-headers: x-\u00c3\u00a9\r\n\r\n',
    )
    expect(answer).toContain('access-control-allow-headers: x-\u00c3\u00a9\r\n')
  })
})
