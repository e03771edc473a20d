import { expect, test } from 'vitest'
import { startBalancer } from './support/balancer.ts'
import { Caller, isWhole } from './support/caller.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { memoryOf, until } from './support/wait.ts'

const STREAMS = 250
const EVENTS = 80
const CUTS = 3
/** Events between two cuts: more than can be in flight when a connection breaks. */
const EVENTS_BETWEEN = 8

test('background streams are resumed when all upstream connections break', async () => {
  const replicas = await startReplicas(['a'])
  const network = await startBalancer(replicas.urls)
  const gateway = await startBuilt(documentOf({ urls: [network.url] }))
  const { agent } = new Load([gateway.url])
  const callers = Array.from({ length: STREAMS }, () => new Caller({ urls: [gateway.url], agent }))
  const following = callers.map((caller, n) =>
    caller.follow(`s${n}`, `&events=${EVENTS}&every=100`),
  )
  const haveHeard = (least: readonly number[]) =>
    callers.every(({ heard }, n) => heard >= Math.min(least[n] ?? 0, EVENTS + 2))
  await until(() => haveHeard(callers.map(() => 1)), 'all streams')
  const before = memoryOf(gateway.child.pid)
  for (let count = 0; count < CUTS; count++) {
    const least = callers.map(({ heard }) => heard + EVENTS_BETWEEN)
    await until(() => haveHeard(least), 'all streams go on')
    network.cut()
  }
  const cutAt = performance.now()
  const heard = await Promise.all(following)
  const wrong = heard.filter((one) => !isWhole(one, EVENTS))
  report({
    no: 6,
    fault: `All connections to the upstream break ${CUTS} times with ${STREAMS} background streams open`,
    requests: STREAMS,
    allowed: 0,
    seen: wrong.length,
    memory: { before, after: memoryOf(gateway.child.pid) },
    remark: `${STREAMS * (EVENTS + 2)} events, each once; all streams ended ${((performance.now() - cutAt) / 1000).toFixed(1)} s after the last`,
  })
  expect(wrong).toEqual([])
  // The gateway resumed the streams itself, so no caller had to.
  expect(heard.filter(({ resumed }) => resumed > 0)).toEqual([])
  expect(replicas.journal.twice()).toEqual([])
})
