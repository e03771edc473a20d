/** Header bytes above 0x7f are passed on as they are (RFC 9110 §5.5), in every way in which a head leaves. */
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { rawConnection, sendRaw } from '../support/client.ts'
import { gatewayTo } from '../support/gateway.ts'
import { startRawUpstream } from '../support/raw-upstream.ts'

/** `résumé` in UTF-8, and `naïve` in latin1, one character a byte. */
const UTF8 = 'x-name: r\u00c3\u00a9sum\u00c3\u00a9'
const LATIN1 = 'x-other: na\u00efve'
const HEAD = `HTTP/1.1 200 OK\r\n${UTF8}\r\n${LATIN1}\r\n`
const CHUNKED = 'transfer-encoding: chunked\r\n\r\n'

/** A gateway, and the connection on which its upstream answers a request. */
async function asked(method: string) {
  const { promise, resolve } = Promise.withResolvers<Socket>()
  const upstream = await startRawUpstream((socket, head) => {
    if (head.startsWith(`${method} /agents/echo/runs`)) resolve(socket)
  })
  // Heads that come without a body are passed on with the next tick of the clock.
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
  ])('when the head leaves before a body %s', async (_, head, body) => {
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
  ])('when the head of an answer to %s leaves with its end', async (method, answer) => {
    const { caller, socket } = await asked(method)
    socket.end(answer, 'latin1')
    expect(await caller.whole()).toContain(`${UTF8}\r\n${LATIN1}\r\n`)
  })

  test("when the head is the gateway's own", async () => {
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
