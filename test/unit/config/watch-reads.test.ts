import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FileWatch } from '../../../config/watch.ts'
import { Queue } from '../../support/queue.ts'

vi.mock('node:fs/promises', async (load) => {
  const actual = await load<typeof import('node:fs/promises')>()
  return { ...actual, readFile: vi.fn(actual.readFile) }
})

test('writes to another file in the directory do not reread the configuration', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'watch-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'gateway.yaml')
  await writeFile(file, 'one')
  const changes = new Queue<true>()
  const options = { pollMs: 1_000_000, settleMs: 1 }
  const watch = new FileWatch([file], () => changes.push(true), options)
  onTestFinished(() => watch.stop())
  await watch.watch([file])
  vi.mocked(readFile).mockClear()
  for (let line = 0; line < 50; line++) await writeFile(join(directory, 'access.log'), `${line}`)
  await writeFile(file, 'two')
  await changes.next()
  // Each report of the write causes one or two reads, and the settled change one more.
  expect(vi.mocked(readFile).mock.calls.length).toBeLessThan(10)
})
