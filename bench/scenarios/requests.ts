/** Measures requests in closed loops and in an open loop. */
import type { Encoding, Shot } from '../forms.ts'
import { RUNS } from '../forms.ts'
import { ClosedLoop, closedLoop, openLoop, percentile } from '../load.ts'
import type { PeerName } from '../peer-commands.ts'
import type { Scenario } from '../scenario.ts'
import { cpuDuring, PROXIES } from '../scenario.ts'

/** For rows that show what one property of a request costs. */
const FEW: readonly PeerName[] = ['gateway', 'before', 'nginx', 'pipe']
/** The gateway with another log, and without tokens. */
const VARIANTS: readonly PeerName[] = [
  'gateway',
  'gateway-stdout',
  'gateway-silent',
  'gateway-open',
  'pipe',
]
/** Peers without compilation at run time, which need only open connections. */
const AS_THEY_ARE: ReadonlySet<PeerName> = new Set([
  'nginx',
  'envoy',
  'traefik',
  'caddy',
  'agno',
  'litellm',
])
/** Rate of the open loop, a fraction of what each peer can serve. */
const PER_SECOND = 200

interface Options {
  /** Default {@link PROXIES}. */
  readonly peers?: readonly PeerName[]
  /** Units that one request counts for. Default: 1. */
  readonly units?: number
  /** Default: 32. */
  readonly connections?: number
  /** Factor for the length of the warm-up. Default: 1. */
  readonly warm?: number
}

/** Measures the proxy's CPU time per unit over a closed loop. */
function perUnit(name: string, shot: Shot, options: Options = {}): Scenario {
  const { peers = PROXIES, units = 1, connections = 32, warm = 1 } = options
  return {
    name,
    figure: 'cpu_us',
    peers,
    async warm({ name: peer, url }, { warmRequests, warmSeconds }) {
      const times = AS_THEY_ARE.has(peer) ? 0.1 : warm
      const limit = { seconds: warmSeconds * times, requests: (warmRequests * times) / units }
      await closedLoop(url, shot, connections, limit)
    },
    async run(peer, { sliceSeconds, sliceRequests }) {
      const loop = await ClosedLoop.open(peer.url, shot, connections)
      // The first request of a connection costs more, and a collection may wait for the first of a slice.
      await loop.run({ seconds: sliceSeconds, requests: 2 * connections })
      const limit = { seconds: sliceSeconds, requests: sliceRequests / units }
      const { cpuUs, result } = await cpuDuring(peer, () => loop.run(limit))
      loop.close()
      const count = result.requests * units
      return { cpu_us: cpuUs / count, per_second: count / result.seconds }
    },
  }
}

const run = (message: string): Shot => ({ method: 'POST', path: RUNS, message })

/** A JSON run in one encoding, with head and body in one write or in two. */
function encodedRun(encoding: Encoding, isSplit: boolean): Scenario {
  const name = `run as ${encoding}, head and body ${isSplit ? 'apart' : 'together'}`
  return perUnit(name, { ...run('json'), encoding, isSplit }, { peers: FEW })
}

const openLoopRuns: Scenario = {
  name: `JSON run, open loop at ${PER_SECOND}/s`,
  figure: 'p50_ms',
  rounds: 3,
  peers: ['direct', 'gateway', 'before', 'nginx', 'http-proxy', 'pipe'],
  async run({ url }, { pacedSeconds }) {
    const latencies = await openLoop(url, run('json'), PER_SECOND, pacedSeconds)
    return { p50_ms: percentile(latencies, 50), p99_ms: percentile(latencies, 99) }
  },
}

export const requests: readonly Scenario[] = [
  // Measured first with a long warm-up, because the others use most of the code it compiles.
  perUnit('JSON run, 1.5 KB', run('json'), { warm: 2 }),
  encodedRun('multipart', true),
  encodedRun('urlencoded', false),
  encodedRun('urlencoded', true),
  encodedRun('json', false),
  encodedRun('json', true),
  perUnit('JSON run by log and token', run('json'), { peers: VARIANTS }),
  perUnit(
    'health',
    { method: 'GET', path: '/health' },
    { peers: ['gateway', 'before', 'fastify'] },
  ),
  perUnit('cached card', { method: 'GET', path: '/agents/bench' }),
  perUnit('list of agents', { method: 'GET', path: '/agents' }, { peers: FEW }),
  openLoopRuns,
  perUnit('SSE burst, per event', run('burst 500'), { units: 500, connections: 16, warm: 2 }),
  perUnit('short SSE run of 20 events', run('burst 20'), { connections: 16, units: 1 }),
]
