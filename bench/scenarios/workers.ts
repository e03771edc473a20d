/**
 * Measures how much more two workers serve than one process. Each serving process gets the same share of a core, so that neither
 * the machine's other work nor the load generator decides: two workers of a quarter are to one of a quarter as two cores are to one.
 */
import { canLimit, limitEach } from '../cpu-quota.ts'
import { RUNS } from '../forms.ts'
import { closedLoop } from '../load.ts'
import type { Scenario } from '../scenario.ts'
import { cpuDuring } from '../scenario.ts'

const SHARE = 0.25
/** Of each serving process, so that each has the same load. */
const CONNECTIONS = 64
const RUN = { method: 'POST', path: RUNS, message: 'json' } as const

const scaling: Scenario = {
  name: `JSON runs with ${SHARE} cores a process`,
  figure: 'per_second',
  peers: ['gateway', 'gateway-two'],
  isFresh: true,
  async warm({ url, process }, { warmRequests, warmSeconds }) {
    const each = process?.servers.length ?? 1
    // The limit counts the compiler too, so nothing may be left to compile.
    const limit = { seconds: warmSeconds * each * 2, requests: warmRequests * each * 2 }
    await closedLoop(url, RUN, CONNECTIONS * each, limit)
  },
  async run(peer, { sliceSeconds }) {
    if (peer.process === undefined || !canLimit()) return {}
    const { servers } = peer.process
    const release = limitEach(servers, SHARE)
    const connections = CONNECTIONS * servers.length
    peer.process.onStopped(release)
    const { cpuUs, result } = await cpuDuring(peer, () =>
      closedLoop(peer.url, RUN, connections, { seconds: sliceSeconds }),
    )
    return { per_second: result.requests / result.seconds, cpu_us: cpuUs / result.requests }
  },
}

export const workers: readonly Scenario[] = [scaling]
