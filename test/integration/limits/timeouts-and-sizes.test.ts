import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { rawConnection, send } from '../../support/client.ts'
import { gatewayTo } from '../../support/gateway.ts'

const HEAD = 'POST /agents/echo/runs HTTP/1.1\r\nhost: a\r\n'

test('a request head slower than header_timeout answers 408', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, { header_timeout: 0.3 })
  const connection = await rawConnection(gateway.port)
  connection.write(HEAD)
  expect(await connection.until(/did not arrive in time/)).toMatch(/^HTTP\/1.1 408 /)
  await connection.closed
})

test.each(['', 'GET /he', 'no HTTP\r\n\r\n'])(
  'a refused caller that never closes its side is disconnected (%j)',
  async (bytes) => {
    const gateway = await gatewayTo((await startAgentOs()).url, { header_timeout: 0.3 })
    const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.resume().write(bytes)
    await once(socket, 'end')
    const { server } = gateway.app
    const count = promisify(server.getConnections.bind(server))
    await expect.poll(() => count()).toBe(0)
  },
)

test('a body slower than body_timeout answers 408 and is not forwarded', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, { body_timeout: 0.2 })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const connection = await rawConnection(gateway.port)
  connection.write(`${HEAD}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"mess`)
  expect(await connection.until(/did not arrive in time/)).toMatch(/^HTTP\/1.1 408 /)
  await connection.closed
  expect(upstream.requests.filter(({ method }) => method === 'POST')).toEqual([])
  // The abandoned rest of the body must not be logged as a fault of the gateway.
  await gateway.log.access('/agents/echo/runs')
  vi.advanceTimersByTime(60_000)
  await new Promise(setImmediate)
  expect(gateway.log.lines.filter(({ level }) => Number(level) >= 40)).toEqual([])
})

test('a slow body within body_timeout is accepted', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, { body_timeout: 5 })
  const connection = await rawConnection(gateway.port)
  connection.write(`${HEAD}content-type: text/plain\r\ncontent-length: 2\r\n\r\na`)
  connection.write('b')
  const exchange = await upstream.next()
  exchange.json({ done: true })
  expect(await connection.until(/{"done":true}/)).toMatch(/^HTTP\/1.1 200 /)
})

test('a target longer than max_url_size answers 414', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, { max_url_size: 256 })
  const answer = await send(`${gateway.url}/sessions?q=${'x'.repeat(300)}`)
  expect([answer.status, await answer.json()]).toEqual([
    414,
    { detail: 'The path and query are too long' },
  ])
})

test('connections beyond the limit per address are answered with 429', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayTo(upstream.url, { max_connections_per_address: 2 })
  const first = await rawConnection(gateway.port)
  const second = await rawConnection(gateway.port)
  const third = await rawConnection(gateway.port)
  expect(await third.until(/from one address/)).toMatch(/^HTTP\/1.1 429 .*retry-after: 1\r\n/s)
  await third.closed
  first.socket.destroy()
  second.socket.destroy()
  await Promise.all([first.closed, second.closed])
  await expect.poll(() => send(`${gateway.url}/health`).then(({ status }) => status)).toBe(200)
})

test.each([100, 101, 50_000])(
  'JSON nested %d levels deep is accepted up to 100 levels',
  async (depth) => {
    const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
      response.end('{}')
    })
    const gateway = await gatewayTo(upstream.url)
    const body = `{"message":"[[","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    const headers = { 'content-type': 'application/json' }
    const answer = await send(`${gateway.url}/agents/echo/runs`, { method: 'POST', headers, body })
    expect(answer.status).toBe(depth <= 100 ? 200 : 422)
  },
)
