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

/** Watches existing files; the queue receives one item for each change. */
async function watching(files: readonly string[], options = FAST) {
  const changes = new Queue<true>()
  const watch = new FileWatch(files, () => changes.push(true), options)
  onTestFinished(() => watch.stop())
  await watch.watch(files)
  return { changes, watch }
}

describe('a watched file', () => {
  test('each write in place to a watched file is reported once', async () => {
    const file = join(await directory(), 'gateway.yaml')
    await writeFile(file, 'one')
    const { changes } = await watching([file])
    for (const text of ['two', 'three', 'one']) {
      await writeFile(file, text)
      await changes.next()
    }
    expect(changes.size).toBe(0)
  })

  test('each rename onto a watched file is reported once', async () => {
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

  test("each swap of a ConfigMap's symbolic links is reported once", async () => {
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

  test('a change is reported without waiting for the next poll', async () => {
    const file = join(await directory(), 'gateway.yaml')
    await writeFile(file, 'one')
    const { changes } = await watching([file], { pollMs: 1_000_000, settleMs: 1 })
    await writeFile(file, 'two')
    await changes.next()
  })

  test('a new modification time without new content is not reported', async () => {
    const path = await directory()
    const files = [join(path, 'a'), join(path, 'b')]
    for (const file of files) await writeFile(file, 'one')
    const { changes } = await watching(files)
    await utimes(files[0] as string, 1, 1)
    await writeFile(files[1] as string, 'two')
    await changes.next()
    expect(changes.size).toBe(0)
  })

  test('the removal and the return of a watched file are reported', async () => {
    const file = join(await directory(), 'gateway.yaml')
    await writeFile(file, 'one')
    const { changes } = await watching([file])
    await rm(file)
    await changes.next()
    await writeFile(file, 'two')
    await changes.next()
  })

  test('a file in a directory created later is watched', async () => {
    const path = join(await directory(), 'later')
    const { changes } = await watching([join(path, 'key.pem')])
    await mkdir(path)
    await writeFile(join(path, 'key.pem'), 'key')
    await changes.next()
  })

  test('the set of watched files can be replaced', async () => {
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
