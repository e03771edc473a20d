import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { memoryOf, until } from './support/wait.ts'

const MB = 1024 * 1024

/** Mounts a file system with almost no room; returns undefined where mounting is not permitted. */
function smallDisk(): { file: string; free(): void } | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'disk-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory], {
      stdio: 'ignore',
    })
  } catch {
    return undefined
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', directory])
  })
  const ballast = join(directory, 'ballast')
  writeFileSync(ballast, Buffer.alloc(7.75 * MB))
  return { file: join(directory, 'gateway.log'), free: () => rmSync(ballast) }
}

test('a full log disk fails no request, and logging continues afterwards', async () => {
  const disk = smallDisk()
  const file = disk?.file ?? '/dev/full'
  const replicas = await startReplicas(['a'])
  const port = await freePort()
  const gateway = await startBuilt(documentOf(replicas, { log: { file } }), { port })
  const load = new Load([gateway.url], { workers: 8 }).begin()
  // With more than 200 bytes a line, the disk is full well before this.
  await until(() => load.requests > 1_000, 'load')
  const before = memoryOf(gateway.child.pid)
  await until(() => load.requests > 4_000, 'load')
  let recoveryMs: number | undefined
  if (disk) {
    disk.free()
    const hasRecovered = () => readFileSync(file, 'utf8').includes('the log is written again')
    recoveryMs = await until(hasRecovered, 'the log goes on')
  }
  await load.end()
  const after = memoryOf(gateway.child.pid)
  gateway.child.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
  report({
    no: 16,
    fault: 'No space on the disk of the log',
    requests: load.requests,
    allowed: 0,
    seen: load.failures.length,
    recoveryMs,
    memory: { before, after },
    ...(disk === undefined && { remark: '`/dev/full`: mounting is not allowed here' }),
  })
  expect(load.wrong).toEqual({})
  expect(after - before).toBeLessThan(100 * MB)
})
