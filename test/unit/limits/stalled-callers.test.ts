/** Tests which callers count as stalled. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { disconnectStalledCallers } from '../../../src/limits/stalled-callers.ts'
import { rawConnection } from '../../support/client.ts'

const MB = 1024 * 1024
const BODY = Buffer.alloc(24 * MB, 'x')
const PAUSE_MS = 40
const LIMIT_MS = 400

/** Starts a server whose every answer is larger than the buffers of the system. */
async function start() {
  const server = createServer((_request, response) => response.end(BODY))
  disconnectStalledCallers(server, () => LIMIT_MS)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const connection = await rawConnection((server.address() as AddressInfo).port)
  connection.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  return connection.socket
}

test('a caller that reads slowly gets its whole answer', async () => {
  const socket = await start()
  const startedAt = performance.now()
  let received = 0
  let pausedAt = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received >= BODY.length) resolve()
    if (received - pausedAt < MB) return
    pausedAt = received
    socket.pause()
    setTimeout(() => socket.resume(), PAUSE_MS)
  })
  await Promise.race([promise, once(socket, 'close')])
  expect(received).toBeGreaterThanOrEqual(BODY.length)
  expect(performance.now() - startedAt).toBeGreaterThan(LIMIT_MS)
})

test('a caller that reads nothing is reset', async () => {
  const socket = await start()
  socket.pause()
  // A socket that does not read learns of a reset when it writes. Empty lines before a request are valid (RFC 9112 §2.2).
  const failed = once(socket, 'error')
  const using = setInterval(() => socket.write('\r\n'), PAUSE_MS)
  onTestFinished(() => clearInterval(using))
  expect((await failed)[0]).toHaveProperty('code', expect.stringMatching(/ECONNRESET|EPIPE/))
})
