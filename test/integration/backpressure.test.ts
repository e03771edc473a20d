import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { rawConnection, send } from '../support/client.ts'
import { gatewayOf, gatewayWithUpstream } from '../support/gateway.ts'

const MB = 1024 * 1024

/** A writable side that reports how many bytes the other side has not accepted. */
interface Writer {
  readonly writableLength: number
  write(chunk: Buffer): boolean
  once(event: 'drain', listener: () => void): unknown
}

/** Writes until the other side accepts nothing during ten other requests; resolves with the bytes accepted. */
async function fill(writer: Writer, url: string): Promise<number> {
  let taken = 0
  for (;;) {
    if (writer.write(Buffer.alloc(MB)) || taken > 100 * MB) return taken
    const drained = new Promise<boolean>((resolve) => writer.once('drain', () => resolve(true)))
    if (!(await Promise.race([drained, tenOthers(url)]))) return taken
    taken += MB
  }
}

/** Resolves once the other side has accepted everything. */
async function emptied(writer: Writer): Promise<void> {
  if (writer.writableLength === 0) return
  await new Promise<void>((resolve) => writer.once('drain', resolve))
}

async function tenOthers(url: string): Promise<false> {
  for (let count = 0; count < 10; count++) await (await send(`${url}/agents`)).whole()
  return false
}

test('an upstream is read no faster than its caller reads', async () => {
  const { upstream, gateway } = await gatewayWithUpstream()
  const connection = await rawConnection(gateway.port)
  connection.socket.pause()
  connection.write('POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  const { response } = await upstream.next()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const sent = await fill(response, gateway.url)
  expect(sent).toBeLessThan(50 * MB)
  const drained = emptied(response)
  connection.socket.resume()
  await drained
})

test('a caller is read no faster than its upstream reads', async () => {
  const { upstream, gateway } = await gatewayWithUpstream()
  const connection = await rawConnection(gateway.port)
  connection.write(
    `POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: ${500 * MB}\r\n\r\n`,
  )
  connection.write(Buffer.alloc(MB))
  const { message } = await upstream.next()
  const sent = await fill(connection.socket, gateway.url)
  expect(sent).toBeLessThan(50 * MB)
  const drained = emptied(connection.socket)
  message.resume()
  await drained
})

test('a caller that stops reading is disconnected after the stream idle time', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { stream_idle_timeout: '300ms' })
  const stuck = await rawConnection(gateway.port)
  stuck.socket.pause()
  stuck.write('POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  const { request, response } = await upstream.next()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  while (!response.destroyed && response.writableLength < 8 * MB) {
    response.write(`data: ${'x'.repeat(MB)}\n\n`)
    await new Promise(setImmediate)
  }
  expect(await request.closed).toBe(false)
  expect(gateway.app.openResponses.size).toBe(0)
})

test('an unread whole answer is dropped after the stream idle time', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { stream_idle_timeout: '300ms' })
  const stuck = await rawConnection(gateway.port)
  stuck.socket.pause()
  const body = Buffer.alloc(16 * MB, 'x')
  stuck.write('POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  const { response } = await upstream.next()
  response.writeHead(200, { 'content-length': body.length }).end(body)
  expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({
    error: 'AGW_CLIENT_CLOSED',
  })
  expect(gateway.app.openResponses.size).toBe(0)
})
