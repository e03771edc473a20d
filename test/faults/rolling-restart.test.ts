import { expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import type { GatewayProcess } from '../support/process.ts'
import { startBalancer } from './support/balancer.ts'
import { Caller, isWhole } from './support/caller.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startNginx } from './support/nginx.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { memoryOf, until } from './support/wait.ts'

const ROUNDS = 2
const STREAMS = 100
const EVENTS = 200

test.for([
  {
    no: 17,
    name: 'a balancer with readiness checks',
    begin: (urls: readonly string[]) => startBalancer(urls, { asks: '/gateway/ready' }),
    allowed: 0,
  },
  {
    no: 18,
    // A client that connects at the moment the listener closes is refused.
    name: 'nginx, without readiness checks',
    begin: startNginx,
    allowed: 2 * ROUNDS,
  },
])(
  'restarting two gateways behind $name in turn loses no stream',
  async ({ no, name, begin, allowed }) => {
    const replicas = await startReplicas(['a', 'b'])
    const document = documentOf(replicas, { drain_delay: '2s', drain_timeout: '60s' })
    const ports = [await freePort(), await freePort()]
    const gateways: GatewayProcess[] = []
    for (const port of ports) gateways.push(await startBuilt(document, { port }))
    const { url } = await begin(gateways.map((gateway) => gateway.url))
    const load = new Load([url], { workers: 12, pauseMs: 10 }).begin()
    await until(() => load.requests > 100, 'load')
    const before = memoryOf(gateways[1]?.child.pid)
    const caller = new Caller({ urls: [url], agent: load.agent })
    const query = `&events=${EVENTS}&every=100`
    const streams = Array.from({ length: STREAMS }, (_, n) => caller.follow(`s${n}`, query))
    const isStream = ({ id }: { id: string }) => id.startsWith('s')
    await until(() => replicas.journal.all('start').filter(isStream).length === STREAMS, 'streams')
    let recoveryMs = 0
    const left: Promise<number | null>[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, port] of ports.entries()) {
        const old = gateways[index] as GatewayProcess
        const startedAt = performance.now()
        old.child.kill('SIGTERM')
        const isClosed = () =>
          fetch(`${old.url}/health`).then(
            () => false,
            () => true,
          )
        await until(isClosed, 'the door is closed')
        // The draining gateway keeps its streams while its replacement uses the port.
        gateways[index] = await startBuilt(document, { port })
        recoveryMs = Math.max(recoveryMs, performance.now() - startedAt)
        left.push(old.exited)
      }
    }
    const heard = await Promise.all(streams)
    await load.end()
    const cut = heard.filter((one) => one.resumed > 0 || !isWhole(one, EVENTS))
    report({
      no,
      fault: `${2 * ROUNDS} rolling restarts of two gateways behind ${name}`,
      requests: load.requests + STREAMS,
      allowed,
      seen: load.failures.length + cut.length,
      recoveryMs,
      memory: { before, after: memoryOf(gateways[1]?.child.pid) },
      remark: `${STREAMS} background streams, ${cut.length} cut; \`drain_delay\` 2 s`,
    })
    expect(load.failures.length, JSON.stringify(load.wrong)).toBeLessThanOrEqual(allowed)
    expect(cut).toEqual([])
    expect(await Promise.all(left)).toEqual(left.map(() => 0))
    expect(replicas.journal.twice()).toEqual([])
  },
)
