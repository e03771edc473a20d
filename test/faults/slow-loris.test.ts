import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { descriptorsOf, memoryOf, until } from './support/wait.ts'

const SLOW = 500

/** Sends one byte every half second until the gateway closes the connection; resolves with the answer. */
async function drip(port: number, text: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1').on('error', () => {})
  let said = ''
  socket.on('data', (data) => {
    said += data
  })
  await once(socket, 'connect')
  let at = 0
  const timer = setInterval(() => socket.write(text[at++] ?? 'x'), 500)
  await once(socket, 'close')
  clearInterval(timer)
  return said
}

test('slow-loris callers are closed and delay no other request', async () => {
  const replicas = await startReplicas(['a'])
  const gateway = await startBuilt(
    documentOf(replicas, { header_timeout: '4s', body_timeout: '4s' }),
  )
  const { pid } = gateway.child
  const load = new Load([gateway.url], { workers: 8 }).begin()
  await until(() => load.requests > 100, 'load')
  const [before, descriptors] = [memoryOf(pid), descriptorsOf(pid)]
  const port = Number(new URL(gateway.url).port)
  const head = 'POST /agents/echo/runs?id=slow HTTP/1.1\r\nhost: x\r\nx-slow: '
  const startedAt = performance.now()
  const told = await Promise.all(Array.from({ length: SLOW }, () => drip(port, head)))
  const closedMs = performance.now() - startedAt
  await until(() => descriptorsOf(pid) <= descriptors + 10, 'descriptors are back')
  await load.end()
  const slowest = Math.max(0, ...load.failures.map(({ tookMs }) => tookMs))
  report({
    no: 10,
    fault: `${SLOW} slow-loris callers beside ordinary ones`,
    requests: load.requests,
    allowed: 0,
    seen: load.failures.length,
    recoveryMs: closedMs,
    memory: { before, after: memoryOf(pid) },
    remark: '`header_timeout` 4 s',
  })
  expect(load.wrong).toEqual({})
  expect(slowest).toBe(0)
  expect(told.filter((text) => !text.includes('AGW_REQUEST_TIMEOUT'))).toEqual([])
  expect(closedMs).toBeLessThan(30_000)
  expect(replicas.journal.all('start').filter(({ id }) => id === 'slow')).toEqual([])
})
