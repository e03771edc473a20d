/** Tests callers that stop reading: their connection is reset, so that the system drops the bytes it holds for them. */
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { certificateFor } from '../support/certificates.ts'
import { rawConnection, send } from '../support/client.ts'
import { eventText, startFakeUpstream } from '../support/fake-upstream.ts'
import { startGateway } from '../support/gateway.ts'

const MB = 1024 * 1024
const RUN = 'POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'
const EVENT = eventText({ event: 'RunContent', run_id: 'r-1', content: 'x'.repeat(MB) })

async function open() {
  const upstream = await startAgentOs()
  const gateway = await startGateway(
    { upstreams: [{ name: 'a', url: upstream.url }], stream_idle_timeout: '500ms' },
    { ready: ['a'] },
  )
  const connection = await rawConnection(gateway.port)
  connection.socket.pause()
  return { upstream, gateway, connection }
}

test('a caller that stops reading a stream is reset', async () => {
  const { upstream, gateway, connection } = await open()
  connection.write(RUN)
  const { response, request } = await upstream.next()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let sent = 0; sent < 40; sent++) response.write(EVENT)
  expect(await request.closed).toBe(false)
  expect(gateway.app.openResponses.size).toBe(0)
  const failed = once(connection.socket, 'error')
  connection.socket.resume()
  expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' })
})

test('a caller that stops reading the end of a response is reset', async () => {
  const { upstream, gateway, connection } = await open()
  connection.write(RUN)
  const { response } = await upstream.next()
  const body = Buffer.alloc(12 * MB)
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': `${body.length}` })
  response.end(body)
  await gateway.log.access('/agents/echo/runs')
  const failed = once(connection.socket, 'error')
  connection.socket.resume()
  expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' })
})

/** Starts a gateway whose merged list of agents is larger than the buffers of the system. */
async function withLongList(document: object = {}) {
  const description = 'x'.repeat(MB)
  const agents = Array.from({ length: 24 }, (_, index) => ({ id: `a-${index}`, description }))
  const text = JSON.stringify(agents)
  const upstream = await startFakeUpstream(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(url === '/agents' ? text : '[]')
  })
  const upstreams = [{ name: 'a', url: upstream.url }]
  const gateway = await startGateway(
    { upstreams, stream_idle_timeout: '500ms', ...document },
    { ready: ['a'] },
  )
  return { gateway, length: text.length }
}

test('a caller that stops reading a merged list is reset', async () => {
  const { gateway, length } = await withLongList()
  const connection = await rawConnection(gateway.port)
  connection.socket.pause()
  connection.write('GET /agents HTTP/1.1\r\nhost: x\r\n\r\n')
  await gateway.log.access('/agents')
  const failed = once(connection.socket, 'error')
  connection.socket.resume()
  expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' })
  expect((await (await send(`${gateway.url}/agents`)).whole()).length).toBe(length)
})

test('a caller that stops reading is reset although it still sends a body', async () => {
  const { gateway } = await withLongList()
  const connection = await rawConnection(gateway.port)
  connection.socket.pause()
  connection.write('GET /agents HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n')
  const dripping = setInterval(() => connection.write('x'), 50)
  onTestFinished(() => clearInterval(dripping))
  await gateway.log.access('/agents')
})

test('a caller that stops reading over TLS is disconnected', async () => {
  const { certFile: cert_file, keyFile: key_file } = certificateFor('first.internal')
  const { gateway } = await withLongList({ listen: { tls: { cert_file, key_file } } })
  const socket = connectTls({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {}).pause()
  await once(socket, 'secureConnect')
  socket.write('GET /agents HTTP/1.1\r\nhost: x\r\n\r\n')
  await gateway.log.access('/agents')
})
