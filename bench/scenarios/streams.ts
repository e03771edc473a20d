/** Measures streams that stay open. */
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { openStreams, percentile, RUNS } from '../load.ts'
import type { Scenario } from '../scenario.ts'
import { cpuDuring } from '../scenario.ts'
import { settled, warmUp } from './fresh.ts'

const PACED_STREAMS = 100
const PACED_MS = 20

const paced: Scenario = {
  name: `paced SSE, ${PACED_STREAMS} streams, an event each ${PACED_MS} ms`,
  figure: 'cpu_us',
  peers: ['direct', 'gateway', 'before', 'nginx', 'http-proxy', 'pipe', 'agno'],
  rounds: 3,
  async run(peer, { pacedSeconds }) {
    const count = Math.ceil((pacedSeconds * 1000) / PACED_MS)
    const message = `paced ${count} ${PACED_MS}`
    const { cpuUs, result: streams } = await cpuDuring(peer, async () => {
      const open = await openStreams(
        peer.url,
        { method: 'POST', path: RUNS, message },
        PACED_STREAMS,
      )
      await open.ended
      return open
    })
    await streams.close()
    const delays = streams.delaysMs.sort((a, b) => a - b)
    return {
      cpu_us: cpuUs / streams.events(),
      delay_p50_ms: percentile(delays, 50),
      delay_p99_ms: percentile(delays, 99),
      lost: PACED_STREAMS * count - streams.events(),
    }
  },
}

/** Time for which streams are held, with one event a second on each. */
const HELD_SECONDS = 5
/** Further time to wait for events: a proxy that delays some streams loses later events. */
const PATIENCE_SECONDS = 30

/** Measures the memory of streams that are held open. */
function held(index: number, label: string): Scenario {
  return {
    name: `${label} open streams`,
    figure: 'kb_each',
    peers: ['gateway', 'before', 'nginx', 'http-proxy', 'pipe'],
    rounds: 1,
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
  paced,
  held(0, '1,000'),
  held(1, '5,000'),
  held(2, '10,000'),
]
