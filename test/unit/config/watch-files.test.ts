import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { watchFiles } from '../../../config/watch-files.ts'
import { temporaryDirectory } from '../../support/certificates.ts'

test('a change before the first look at a file is reported', async () => {
  const file = join(temporaryDirectory(), 'a')
  writeFileSync(file, 'one')
  const onChange = vi.fn()
  onTestFinished(watchFiles([file], onChange, 5))
  writeFileSync(file, 'another')
  await expect.poll(() => onChange.mock.calls.length).toBe(1)
  rmSync(file)
  await expect.poll(() => onChange.mock.calls.length).toBe(2)
})

test('a swapped symbolic link is reported until the watch is stopped', async () => {
  const directory = temporaryDirectory()
  const at = (name: string) => join(directory, name)
  for (const name of ['one', 'two', 'other']) writeFileSync(at(name), 'same')
  const swap = (target: string) => {
    symlinkSync(at(target), at('next'))
    renameSync(at('next'), at('link'))
  }
  swap('one')
  const [onChange, onOther] = [vi.fn(), vi.fn()]
  const stop = watchFiles([at('other'), at('link')], onChange, 5)
  swap('two')
  await expect.poll(() => onChange.mock.calls.length).toBe(1)
  stop()
  onTestFinished(watchFiles([at('link')], onOther, 5))
  swap('one')
  await expect.poll(() => onOther.mock.calls.length).toBe(1)
  expect(onChange).toHaveBeenCalledTimes(1)
})
