/** Measures streams that stay open. */
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { RUNS } from '../forms.ts'
import type { OpenStreams } from '../load.ts'
import { openStreams, percentile } from '../load.ts'
import type { Peer } from '../peers.ts'
import type { Scenario } from '../scenario.ts'
import { cpuDuring, PROXIES } from '../scenario.ts'
import { settled, warmUp } from './fresh.ts'

const PACED_STREAMS = 100
const PACED_MS = 20
/** Fewer, for about the same number of events a second that one core can relay. */
const CLUMPED_STREAMS = 10

const CLUMP = 20

/**
 * Measures streams whose events come at intervals.
 *
 * @param size events that come together at each interval
 */
function paced(name: string, streams: number, size: number): Scenario {
  return {
    name,
    figure: 'cpu_us',
    peers: ['direct', ...PROXIES],
    warm: async (peer, { pacedSeconds }) => void (await stream(peer, pacedSeconds)),
    async run(peer, { pacedSeconds }) {
      const { cpuUs, result: opened } = await cpuDuring(peer, () => stream(peer, pacedSeconds))
      const delays = opened.delaysMs.sort((a, b) => a - b)
      return {
        cpu_us: cpuUs / opened.events(),
        delay_p50_ms: percentile(delays, 50),
        delay_p99_ms: percentile(delays, 99),
        lost: streams * eventsIn(pacedSeconds) - opened.events(),
      }
    },
  }

  function eventsIn(seconds: number): number {
    return Math.ceil((seconds * 1000) / PACED_MS) * size
  }

  async function stream({ url }: Peer, seconds: number): Promise<OpenStreams> {
    const message = `clumps ${eventsIn(seconds)} ${PACED_MS} ${size}`
    const open = await openStreams(url, { method: 'POST', path: RUNS, message }, streams)
    await open.ended
    await open.close()
    return open
  }
}

/** Time for which streams are held, with one event a second on each. */
const HELD_SECONDS = 5
/** Further time to wait for events: a proxy that delays some streams loses later events. */
const PATIENCE_SECONDS = 30

/** Measures the memory of streams that are held open. */
function held(index: number, label: string, rounds = 1): Scenario {
  return {
    name: `${label} open streams`,
    figure: 'kb_each',
    peers: ['gateway', 'before', 'nginx', 'envoy', 'traefik', 'caddy', 'http-proxy', 'pipe'],
    rounds,
    isFresh: true,
    warm: warmUp,
    async run(peer, { streams }) {
      const asked = streams[index]
      if (asked === undefined) return {}
      // Two descriptors per stream in the proxy, with a margin.
      const wanted = Math.min(asked, Math.floor((descriptorLimit() - 400) / 2))
      const restKb = await settled(peer)
      peer.process?.resetPeak()
      const { cpuUs, result: open } = await cpuDuring(peer, async () => {
        const message = `paced ${HELD_SECONDS} 1000`
        const shot = { method: 'POST', path: RUNS, message } as const
        const opened = await openStreams(peer.url, shot, wanted)
        await Promise.race([opened.ended, setTimeout((HELD_SECONDS + PATIENCE_SECONDS) * 1000)])
        return opened
      })
      const peakKb = peer.process?.peakKb() ?? 0
      await open.close()
      return {
        streams: wanted,
        kb_each: (peakKb - restKb) / wanted,
        cpu_us: cpuUs / Math.max(1, open.events()),
        lost: wanted * HELD_SECONDS - open.events(),
        failed: open.failed(),
      }
    },
  }
}

function descriptorLimit(): number {
  return Number(/Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
}

export const streams: readonly Scenario[] = [
  paced(`paced SSE, ${PACED_STREAMS} streams, an event each ${PACED_MS} ms`, PACED_STREAMS, 1),
  paced(`clumps of ${CLUMP} events each ${PACED_MS} ms`, CLUMPED_STREAMS, CLUMP),
  held(0, '1,000', 3),
  held(1, '5,000'),
  held(2, '10,000'),
]
