import { describe, expect, test } from 'vitest'
import { send } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { connectedSocket, openSocket, refusedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'

async function open(document: object) {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  return gatewayOf({ a: upstream.url }, document)
}

describe('limits of WebSockets', () => {
  test.each([
    ['in total', { max_web_sockets: { total: 2 } }],
    ['per address without authentication', { max_web_sockets: { identity: 2 } }],
  ])('a socket beyond the limit %s is refused until another closes', async (_name, document) => {
    const gateway = await open(document)
    const first = await connectedSocket(gateway.url)
    await connectedSocket(gateway.url)
    expect(await refusedSocket(gateway.url)).toBe(429)
    expect(await gateway.log.until(({ error }) => error !== undefined)).toMatchObject({
      msg: 'request',
      status: 429,
      error: 'AGW_TOO_MANY_SOCKETS',
    })
    // Other requests are not limited.
    expect((await send(`${gateway.url}/health`)).status).toBe(200)
    first.socket.close()
    await first.closed
    await expect
      .poll(async () => {
        const { socket } = openSocket(gateway.url)
        const { promise, resolve } = Promise.withResolvers<boolean>()
        socket.on('open', () => resolve(true)).on('error', () => resolve(false))
        return promise
      })
      .toBe(true)
  })

  test("a caller's socket over the limit is closed after authentication", async () => {
    const gateway = await open({ auth: JWT_AUTH, max_web_sockets: { identity: 1 } })
    const authenticate = (sub: string) => ({ action: 'authenticate', token: tokenFor({ sub }) })
    const first = await connectedSocket(gateway.url)
    expect(await first.ask(authenticate('alice'))).toMatchObject({ event: 'authenticated' })
    const second = await connectedSocket(gateway.url)
    second.say(authenticate('alice'))
    expect(await second.closed).toBe(1008)
    const other = await connectedSocket(gateway.url)
    expect(await other.ask(authenticate('bob'))).toMatchObject({ event: 'authenticated' })
    // A caller who authenticates again on the same socket uses no second slot.
    await first.next()
    expect(await first.ask(authenticate('alice'))).toMatchObject({ event: 'authenticated' })
  })
})

test.each([
  ['messages', (socket: { send(text: string): void }) => socket.send('{"action":"ping"}')],
  ['pings', (socket: { ping(): void }) => socket.ping()],
])('%s beyond max_message_rate close the socket, authenticated or not', async (_name, flood) => {
  const gateway = await open({ auth: JWT_AUTH, max_message_rate: 5 })
  const client = await connectedSocket(gateway.url)
  for (let n = 0; n < 100; n++) flood(client.socket)
  expect(await client.closed).toBe(1008)
})

test('messages within max_message_rate are answered', async () => {
  const gateway = await open({ max_message_rate: 5 })
  const client = await connectedSocket(gateway.url)
  for (let n = 0; n < 5; n++) {
    expect(await client.ask({ action: 'ping' })).toEqual({ event: 'pong' })
  }
})
