/** Tests HTTP pipelining: several requests on one connection before their answers. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { rawConnection, run, send } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

const RUN = 'POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'
const HEALTH = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n'

test('a pipelined run starts when the run before it is answered', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const connection = await rawConnection(gateway.port)
  connection.write(RUN + RUN)
  const first = await upstream.next()
  expect((await send(`${gateway.url}/health`)).status).toBe(200)
  expect(upstream.waiting).toBe(0)
  first.json({ n: 1 })
  const second = await upstream.next()
  second.json({ n: 2 })
  expect(await connection.until(/"n":2/)).toMatch(/^HTTP\/1.1 200 .*"n":1.*HTTP\/1.1 200 /s)
})

test('pipelined runs of a caller that leaves are not started and hold no slot', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { max_parallel_runs: { component: 3 } })
  const connection = await rawConnection(gateway.port)
  connection.write(RUN.repeat(3))
  const left = await upstream.next()
  connection.socket.destroy()
  expect(await left.request.closed).toBe(false)
  const answers = Array.from({ length: 3 }, () => run(`${gateway.url}/agents/echo/runs`))
  for (let count = 0; count < 3; count++) (await upstream.next()).json({})
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200])
  await expect.poll(() => gateway.app.openResponses.size).toBe(0)
})

test('requests behind one that closes the connection are not handled', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const connection = await rawConnection(gateway.port)
  connection.write(RUN.replace('host: x', 'host: x\r\nconnection: close') + RUN)
  const first = await upstream.next()
  first.json({ n: 1 })
  expect((await connection.whole()).match(/HTTP\/1.1 /g)).toHaveLength(1)
  expect((await send(`${gateway.url}/health`)).status).toBe(200)
  expect(upstream.waiting).toBe(0)
})

test('a WebSocket handshake behind an unanswered request is not accepted', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const connection = await rawConnection(gateway.port)
  const upgrade =
    'upgrade: websocket\r\nconnection: upgrade, close\r\nsec-websocket-version: 13\r\n'
  const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  connection.write(`${RUN}GET /workflows/ws HTTP/1.1\r\nhost: x\r\n${upgrade}${key}\r\n`)
  const first = await upstream.next()
  first.json({ n: 1 })
  expect(await connection.whole()).toMatch(/^HTTP\/1.1 200 .*"n":1.*HTTP\/1.1 4\d\d /s)
})

test('ten thousand pipelined requests are all answered', async () => {
  const gateway = await gatewayOf({ a: (await startAgentOs()).url })
  const connection = await rawConnection(gateway.port)
  connection.write(HEALTH.repeat(9_999) + HEALTH.replace('host: x', 'host: x\r\nconnection: close'))
  const answers = (await connection.whole()).match(/HTTP\/1.1 200 OK\r\n/g)
  expect(answers).toHaveLength(10_000)
})
