import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { killed } from '../support/killed.ts'
import { SMALL_HEAP, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { descriptorsOf, memoryOf, until } from './support/wait.ts'

const READERS = 1_000
/** More bytes than the system holds for one reader. */
const EVENTS = 1_500
const MB = 1024 * 1024
const PROGRAM = fileURLToPath(new URL('./support/slow_readers.py', import.meta.url))

/** Starts readers in a process of their own. @returns the lines that it prints */
function startReaders(port: number) {
  const args = [
    PROGRAM,
    `${port}`,
    `${READERS}`,
    `/upstreams/slow/agents/echo/runs?events=${EVENTS}`,
  ]
  const child = spawn('python3', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => killed(child))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async () => String((await lines.next()).value)
}

test('a thousand readers of one byte a second delay no other request', {
  timeout: 180_000,
}, async () => {
  // The slow streams have a replica of their own, because it holds their bytes too.
  const replicas = await startReplicas(['slow', 'a'])
  const [slow = '', other = ''] = replicas.urls
  const gateway = await startBuilt(
    {
      upstreams: [
        { name: 'a', url: other },
        { name: 'slow', url: slow, prefix: 'slow-', stream_idle_timeout: '15s' },
      ],
    },
    { env: SMALL_HEAP },
  )
  await gateway.until((line) => line['upstream'] === 'slow' && line['state'] === 'ready')
  const { pid } = gateway.child
  const load = new Load([gateway.url], { workers: 4 }).begin()
  await until(() => load.requests > 100, 'load')
  const [before, descriptors] = [memoryOf(pid), descriptorsOf(pid)]
  const startedAt = performance.now()
  const line = startReaders(Number(new URL(gateway.url).port))
  expect(await line()).toBe('open')
  await until(() => descriptorsOf(pid) > descriptors + READERS, 'readers are open')
  let peak = 0
  await until(
    () => {
      peak = Math.max(peak, memoryOf(pid))
      return descriptorsOf(pid) <= descriptors + 20
    },
    'readers are disconnected',
    120_000,
  )
  const closedMs = performance.now() - startedAt
  const resets = await line()
  await load.end()
  report({
    no: 21,
    fault: `${READERS.toLocaleString('en')} readers of one byte a second beside ordinary callers`,
    requests: load.requests,
    allowed: 0,
    seen: load.failures.length,
    recoveryMs: closedMs,
    memory: { before, after: peak },
    remark: '`stream_idle_timeout` 15 s; the memory is that of the peak',
  })
  expect(load.wrong).toEqual({})
  expect(Number(resets)).toBe(READERS)
  expect(peak - before).toBeLessThan(400 * MB)
})
