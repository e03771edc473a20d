import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { documentOf, SMALL_HEAP, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { descriptorsOf, memoryOf, until } from './support/wait.ts'

const ABORTS = 10_000
const AT_A_TIME = 50
const MB = 1024 * 1024

/** Connects, advances a request to a stage, and resets the connection. */
async function abort(port: number, count: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'connect')
  const head = `POST /agents/echo/runs?id=x${count}&delay=20&events=100&every=20 HTTP/1.1\r\nhost: x\r\n`
  const form = 'message=hi&stream=true'
  const stage = count % 4
  if (stage === 1) socket.write(head)
  else if (stage === 2) socket.write(`${head}content-length: 500\r\n\r\nmess`)
  else if (stage === 3) {
    socket.write(
      `${head}content-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n${form}`,
    )
    // Every second one of these breaks off inside its stream.
    if (count % 8 === 7) await once(socket, 'data')
  }
  socket.resetAndDestroy()
  await once(socket, 'close')
}

async function abortMany(port: number, count: number): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await abort(port, next++)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
}

test('ten thousand connects and aborts leak neither memory nor descriptors', async () => {
  const replicas = await startReplicas(['a'])
  const gateway = await startBuilt(documentOf(replicas), { env: SMALL_HEAP })
  const { pid } = gateway.child
  const port = Number(new URL(gateway.url).port)
  // Warm-up: one-time allocations happen now.
  await abortMany(port, 2_000)
  const load = new Load([gateway.url], { workers: 2 }).begin()
  await until(() => load.requests > 50, 'load')
  await until(async () => (await openOf(gateway.url)) === 0, 'nothing is open')
  const [before, descriptors] = [memoryOf(pid), descriptorsOf(pid)]
  const startedAt = performance.now()
  await abortMany(port, ABORTS)
  const endedAt = performance.now()
  await until(async () => (await openOf(gateway.url)) === 0, 'nothing is open')
  // Connections to the upstream may stay open for the next request.
  await until(() => descriptorsOf(pid) <= descriptors + AT_A_TIME, 'descriptors are back')
  const recoveryMs = performance.now() - endedAt
  await load.end()
  const after = memoryOf(pid)
  report({
    no: 13,
    fault: `${ABORTS.toLocaleString('en')} connects and aborts, at all stages of a request`,
    requests: load.requests + ABORTS,
    allowed: 0,
    seen: load.failures.length,
    recoveryMs,
    memory: { before, after },
    remark: `${Math.round(ABORTS / ((endedAt - startedAt) / 1000))} per second; \`${SMALL_HEAP.NODE_OPTIONS}\``,
  })
  expect(load.wrong).toEqual({})
  expect(after - before).toBeLessThan(30 * MB)
})

async function openOf(url: string): Promise<number> {
  const status = (await (await fetch(`${url}/gateway/status`)).json()) as {
    open: number
    upstreams: { replicas: { in_flight: number }[] }[]
  }
  return status.open
}
