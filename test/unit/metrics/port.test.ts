/** Tests the metrics port with scrapers that stop reading. */
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { listenForMetrics } from '../../../src/metrics/port.ts'
import { rawConnection } from '../../support/client.ts'

const TEXT = 'x'.repeat(24 * 1024 * 1024)

test('a scraper that stops reading is reset', async () => {
  const { url, close } = await listenForMetrics(
    { host: '127.0.0.1', port: 0 },
    async () => TEXT,
    400,
  )
  onTestFinished(close)
  const { socket } = await rawConnection(Number(new URL(url).port))
  socket.pause()
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
  const failed = once(socket, 'error')
  const using = setInterval(() => socket.write('\r\n'), 50)
  onTestFinished(() => clearInterval(using))
  expect((await failed)[0]).toHaveProperty('code', expect.stringMatching(/ECONNRESET|EPIPE/))
})
