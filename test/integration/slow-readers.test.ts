/** Tests callers that stop reading: their connection is reset, so that the system drops the bytes it holds for them. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { rawConnection } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
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
