import { expect, test } from 'vitest'
import { startValkey } from '../support/valkey.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import type { Act } from './support/load.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { lasting, memoryOf, until } from './support/wait.ts'

/** Without the store two of three look-ups go to a wrong replica, so this many in a row cannot all hit by chance. */
const IN_A_ROW = 200

/** Starts a run through one gateway and requests it through the other. */
const acrossGateways: Act = async (caller, id) => {
  const form = { message: id, stream: 'false', background: 'true' }
  const begun = await caller.ask({ path: `/agents/echo/runs?id=${id}&events=3&every=10`, form })
  const { run_id: runId } = JSON.parse(begun) as { run_id: string }
  caller.moveOn()
  await caller.ask({ path: `/agents/echo/runs/${runId}` })
}

test('a store that is killed, restarted and frozen fails no request', async () => {
  const store = await startValkey()
  const replicas = await startReplicas(['a', 'b', 'c'])
  const document = documentOf(replicas, { store: store.url }, { policy: 'round_robin' })
  const [first, second] = await Promise.all([startBuilt(document), startBuilt(document)])
  const isThere = ({ msg }: Readonly<Record<string, unknown>>) => msg === 'shared store available'
  await Promise.all([first.until(isThere), second.until(isThere)])
  const load = new Load([first.url, second.url], { workers: 8, acts: [acrossGateways] }).begin()
  const strays = () => replicas.journal.all('stray').length
  /** The store is used once no replica is asked in vain any more. @returns the time when that began */
  const untilUsed = async () => {
    let [known, knownAt, requestsThen] = [strays(), performance.now(), load.requests]
    const isUsed = () => {
      const now = strays()
      if (now !== known) [known, knownAt, requestsThen] = [now, performance.now(), load.requests]
      return load.requests - requestsThen >= IN_A_ROW
    }
    await until(isUsed, 'the store is used')
    return knownAt
  }
  await untilUsed()
  const before = memoryOf(first.child.pid)
  const straysThen = strays()
  await store.kill()
  await lasting(4_000)
  expect(strays()).toBeGreaterThan(straysThen)
  await store.start()
  const startedAt = performance.now()
  const recoveryMs = Math.max(0, (await untilUsed()) - startedAt)
  store.freeze()
  await lasting(8_000)
  store.thaw()
  await lasting(2_000)
  await load.end()
  const after = memoryOf(first.child.pid)
  report({
    no: 9,
    fault:
      'Store killed for 4 s and back, then frozen for 8 s, with runs requested through another gateway',
    requests: 2 * load.requests,
    allowed: 0,
    seen: load.failures.length,
    recoveryMs,
    memory: { before, after },
    remark: `${strays()} requests to replicas without the run`,
  })
  expect(load.wrong).toEqual({})
  expect(replicas.journal.twice()).toEqual([])
})
