import { expect, test } from 'vitest'
import { Caller } from './support/caller.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { memoryOf, until } from './support/wait.ts'

test('a truncated and then repaired configuration fails no request', async () => {
  const replicas = await startReplicas(['a', 'b'])
  const document = documentOf(replicas, { id: 'first' })
  const gateway = await startBuilt(document)
  const load = new Load([gateway.url], { workers: 8 }).begin()
  await until(() => load.requests > 100, 'load')
  const before = memoryOf(gateway.child.pid)
  const caller = new Caller({ urls: [gateway.url], agent: load.agent })
  const stream = caller.hear('long', '&events=100&every=100')
  const status = async () =>
    JSON.parse(await caller.ask({ path: '/gateway/status' })) as {
      config: { version: number; error?: unknown }
    }
  const text = JSON.stringify(document)
  let recoveryMs = 0
  for (let round = 1; round <= 3; round++) {
    for (const part of ['', text.slice(0, 20), text.slice(0, -5)]) {
      await gateway.configure(part)
      await until(async () => (await status()).config.error !== undefined, 'it is refused')
      expect((await status()).config.version).toBe(round)
    }
    await gateway.configure({ ...document, id: `fixed-${round}` })
    const took = await until(
      async () => (await status()).config.version === round + 1,
      'it is in force',
    )
    expect((await status()).config.error).toBeUndefined()
    recoveryMs = Math.max(recoveryMs, took)
  }
  expect((await stream).end).toBe('whole')
  await load.end()
  report({
    no: 11,
    fault: 'Configuration file truncated nine times, then repaired',
    requests: load.requests + 1,
    allowed: 0,
    seen: load.failures.length,
    recoveryMs,
    memory: { before, after: memoryOf(gateway.child.pid) },
  })
  expect(load.failures).toEqual([])
  expect(replicas.journal.twice()).toEqual([])
})
