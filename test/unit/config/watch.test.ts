import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FileWatch } from '../../../config/watch.ts'
import { Queue } from '../../support/queue.ts'

const FAST = { pollMs: 20, settleMs: 20 }

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'watch-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

/** Watches files that are there; the queue gets one item a change. */
async function watching(files: readonly string[], options = FAST) {
  const changes = new Queue<true>()
  const watch = new FileWatch(files, () => changes.push(true), options)
  onTestFinished(() => watch.stop())
  await watch.watch(files)
  return { changes, watch }
}

describe('a file that is watched', () => {
  test('is noticed when it is written in place, and once for each change', async () => {
    const file = join(await directory(), 'gateway.yaml')
    await writeFile(file, 'one')
    const { changes } = await watching([file])
    for (const text of ['two', 'three', 'one']) {
      await writeFile(file, text)
      await changes.next()
    }
    expect(changes.size).toBe(0)
  })

  test('is noticed when another file takes its name, again and again', async () => {
    const file = join(await directory(), 'gateway.yaml')
    await writeFile(file, 'one')
    const { changes } = await watching([file])
    for (const text of ['two', 'three']) {
      await writeFile(`${file}.new`, text)
      await rename(`${file}.new`, file)
      await changes.next()
    }
    expect(changes.size).toBe(0)
  })

  test('is noticed when the links of a ConfigMap are swapped', async () => {
    const path = await directory()
    for (const version of ['v1', 'v2', 'v3']) {
      await mkdir(join(path, version))
      await writeFile(join(path, version, 'gateway.yaml'), version)
    }
    await symlink('v1', join(path, '..data'))
    await symlink('..data/gateway.yaml', join(path, 'gateway.yaml'))
    const { changes } = await watching([join(path, 'gateway.yaml')])
    for (const version of ['v2', 'v3']) {
      await symlink(version, join(path, '..new'))
      await rename(join(path, '..new'), join(path, '..data'))
      await changes.next()
    }
    expect(changes.size).toBe(0)
  })

  test('is noticed without a poll', async () => {
    const file = join(await directory(), 'gateway.yaml')
    await writeFile(file, 'one')
    const { changes } = await watching([file], { pollMs: 1_000_000, settleMs: 1 })
    await writeFile(file, 'two')
    await changes.next()
  })

  test('is not noticed when it is only touched', async () => {
    const path = await directory()
    const files = [join(path, 'a'), join(path, 'b')]
    for (const file of files) await writeFile(file, 'one')
    const { changes } = await watching(files)
    await utimes(files[0] as string, 1, 1)
    await writeFile(files[1] as string, 'two')
    await changes.next()
    expect(changes.size).toBe(0)
  })

  test('may go and come back', async () => {
    const file = join(await directory(), 'gateway.yaml')
    await writeFile(file, 'one')
    const { changes } = await watching([file])
    await rm(file)
    await changes.next()
    await writeFile(file, 'two')
    await changes.next()
  })

  test('may be in a directory that is not there yet', async () => {
    const path = join(await directory(), 'later')
    const { changes } = await watching([join(path, 'key.pem')])
    await mkdir(path)
    await writeFile(join(path, 'key.pem'), 'key')
    await changes.next()
  })

  test('can be another one later', async () => {
    const path = await directory()
    const [a, b] = [join(path, 'a'), join(path, 'b')]
    for (const file of [a, b]) await writeFile(file, 'one')
    const { changes, watch } = await watching([a])
    await watch.watch([b])
    await writeFile(a, 'two')
    await writeFile(b, 'two')
    await changes.next()
    expect(changes.size).toBe(0)
  })
})
