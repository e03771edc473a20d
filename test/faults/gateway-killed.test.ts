import { expect, test } from 'vitest'
import { Caller, isWhole } from './support/caller.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { memoryOf, until } from './support/wait.ts'

const STREAMS = 200
const EVENTS = 100

test('clients of a killed gateway resume 200 streams at the other', async () => {
  const replicas = await startReplicas(['a', 'b', 'c'])
  const document = documentOf(replicas, {}, { policy: 'round_robin' })
  const [first, second] = await Promise.all([startBuilt(document), startBuilt(document)])
  const load = new Load([second.url], { workers: 4 }).begin()
  const urls = [first.url, second.url]
  const query = `&events=${EVENTS}&every=200`
  const callers = Array.from({ length: STREAMS }, () => new Caller({ urls, agent: load.agent }))
  const following = callers.map((caller, n) => caller.follow(`s${n}`, query))
  // A caller without its first event does not know the run id to resume.
  const isBegun = () => callers.every(({ begun }) => begun === 1)
  await until(() => isBegun() && load.requests > 100, 'all streams')
  const before = memoryOf(second.child.pid)
  const killedAt = performance.now()
  first.child.kill('SIGKILL')
  await first.exited
  const heard = await Promise.all(following)
  const ended = performance.now()
  await load.end()

  const wrong = heard.filter((one) => !isWhole(one, EVENTS))
  report({
    no: 14,
    fault: 'One of two gateways killed with 200 background streams open',
    requests: load.requests + STREAMS,
    allowed: 0,
    seen: load.failures.length + wrong.length,
    recoveryMs: 0,
    memory: { before, after: memoryOf(second.child.pid) },
    remark: `${STREAMS * (EVENTS + 2)} events, each once; all streams ended ${((ended - killedAt) / 1000).toFixed(1)} s later`,
  })
  expect(wrong).toEqual([])
  expect(heard.every(({ resumed }) => resumed >= 1)).toBe(true)
  expect(load.failures).toEqual([])
  expect(replicas.journal.twice()).toEqual([])
})
