import { execFile } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { limitYoungGeneration, youngGenerationBytes } from '../../../cli/memory.ts'

/** One growth may follow before the first collection above the limit is reported. */
const MOST_BYTES = 2 * 16 * 1024 * 1024
const TURNS = 100

/** Keeps each object alive for ten turns, as an open request is. */
async function surviveCollections(): Promise<void> {
  const kept: object[][] = []
  for (let turn = 0; turn < TURNS; turn++) {
    kept[turn % 10] = Array.from({ length: 10_000 }, (_, index) => ({ index, items: [index] }))
    await setImmediate()
  }
}

test('the young generation stops growing at its limit', async () => {
  const before = youngGenerationBytes()
  const stop = limitYoungGeneration()
  try {
    await surviveCollections()
    expect(youngGenerationBytes()).toBeLessThanOrEqual(Math.max(before, MOST_BYTES))
  } finally {
    stop()
  }
})

test('the old generation may grow by half before the next full collection', async () => {
  const module = new URL('../../../cli/memory.ts', import.meta.url).href
  const program = `const { letOldGenerationGrow } = await import(${JSON.stringify(module)}); letOldGenerationGrow(); gc()`
  const flags = ['--expose-gc', '--trace-gc-verbose', '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, flags)
  expect(stdout).toMatch(/factor 1\.5/)
})
