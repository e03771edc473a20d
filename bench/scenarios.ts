/** What is measured. Each scenario drives one peer once and says what it cost. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { Client } from 'undici'
import type { Shot } from './load.ts'
import { Counter, closedLoop, dispatchOptions, openLoop, openStreams, percentile } from './load.ts'
import type { Peer, PeerName } from './peers.ts'
import { TOKEN } from './peers.ts'

/** Named figures of one run: µs, ms, KB, counts, as the name says. */
export type Figures = Readonly<Record<string, number>>

export interface Scenario {
  readonly name: string
  /** Figure whose ratios are printed. */
  readonly figure: string
  readonly peers: readonly PeerName[]
  /** Measured once however many rounds: long, or a property of a fresh process. */
  readonly once?: true
  run(peer: Peer, size: Size): Promise<Figures>
}

/** How long and how large; the short form is for checking that everything works. */
export interface Size {
  readonly seconds: number
  readonly streams: readonly number[]
  readonly uploads: readonly number[]
  readonly aborts: number
}

const RUNS = '/agents/bench/runs'
const ALL: readonly PeerName[] = ['gateway', 'nginx', 'http-proxy', 'pipe', 'agno']
const FAST: readonly PeerName[] = ['gateway', 'nginx', 'http-proxy', 'pipe']
const MB = 1024 * 1024

/** CPU of the proxy per unit, over a closed loop. */
function perRequest(
  name: string,
  shot: Shot,
  options: { peers?: readonly PeerName[]; units?: number; connections?: number } = {},
): Scenario {
  const { peers = ALL, units = 1, connections = 32 } = options
  return {
    name,
    figure: 'cpu_us',
    peers,
    async run(peer, { seconds }) {
      await closedLoop(peer.url, shot, connections, Math.min(1, seconds / 2))
      const before = peer.process.usage()
      const { requests, seconds: took } = await closedLoop(peer.url, shot, connections, seconds)
      const after = peer.process.usage()
      const count = requests * units
      return { cpu_us: (after.cpuUs - before.cpuUs) / count, per_second: count / took }
    },
  }
}

const addedLatency: Scenario = {
  name: 'JSON run, open loop at 300/s',
  figure: 'p50_ms',
  peers: FAST,
  async run(peer, { seconds }) {
    const latencies = await openLoop(
      peer.url,
      { method: 'POST', path: RUNS, message: 'json' },
      300,
      seconds,
    )
    return { p50_ms: percentile(latencies, 50), p99_ms: percentile(latencies, 99) }
  },
}

const pacedStreams: Scenario = {
  name: 'paced SSE, 100 streams, an event each 20 ms',
  figure: 'cpu_us',
  peers: ALL,
  async run(peer, { seconds }) {
    const count = Math.ceil((seconds * 1000) / 20)
    const before = peer.process.usage()
    const streams = await openStreams(
      peer.url,
      { method: 'POST', path: RUNS, message: `paced ${count} 20` },
      100,
    )
    await streams.ended
    const after = peer.process.usage()
    await streams.close()
    const delays = streams.delaysMs.sort((a, b) => a - b)
    return {
      cpu_us: (after.cpuUs - before.cpuUs) / streams.events(),
      delay_p50_ms: percentile(delays, 50),
      delay_p99_ms: percentile(delays, 99),
      lost: 100 * count - streams.events(),
    }
  },
}

/** Memory of streams that are held open, an event a second through each. */
function heldStreams(index: number, count: number): Scenario {
  return {
    name: `${count} open streams`,
    figure: 'kb_each',
    peers: FAST,
    once: true,
    async run(peer, { streams }) {
      const asked = streams[index]
      if (asked === undefined) return {}
      // Two descriptors a stream, and some to spare.
      const wanted = Math.min(asked, Math.floor((descriptorLimit() - 400) / 2))
      const rest = peer.process.usage()
      const seconds = 5
      const open = await openStreams(
        peer.url,
        { method: 'POST', path: RUNS, message: `paced ${seconds} 1000` },
        wanted,
      )
      const peak = peakDuring(peer, open.ended)
      await open.ended
      const { rssKb } = await peak
      const after = peer.process.usage()
      await open.close()
      return {
        streams: wanted,
        kb_each: (rssKb - rest.rssKb) / wanted,
        cpu_us: (after.cpuUs - rest.cpuUs) / Math.max(1, open.events()),
        lost: wanted * seconds - open.events(),
        failed: open.failed(),
      }
    },
  }
}

function descriptorLimit(): number {
  return Number(/Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
}

/** Peak memory over rest while `bytes` are uploaded. */
function upload(index: number, label: string): Scenario {
  return {
    name: `${label} upload`,
    figure: 'peak_mb',
    peers: FAST,
    once: true,
    async run(peer, { uploads }) {
      const bytes = uploads[index]
      if (bytes === undefined) return {}
      const rest = peer.process.usage()
      const sent = send(peer.url, bytes)
      const peak = await peakDuring(peer, sent)
      const after = peer.process.usage()
      return {
        peak_mb: (peak.rssKb - rest.rssKb) / 1024,
        cpu_us_per_mb: (after.cpuUs - rest.cpuUs) / (bytes / MB),
      }
    },
  }
}

function send(url: string, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(256 * 1024, 97)
  let left = bytes
  const body = new Readable({
    read() {
      if (left <= 0) return void this.push(null)
      const part = left < chunk.length ? chunk.subarray(0, left) : chunk
      left -= part.length
      this.push(part)
    },
  })
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': bytes,
      authorization: `Bearer ${TOKEN}`,
    }
    const outgoing = request(`${url}${RUNS}`, { method: 'POST', headers }, (response) => {
      response
        .resume()
        .on('end', () =>
          response.statusCode === 200
            ? resolve()
            : reject(new Error(`status ${response.statusCode}`)),
        )
    })
    outgoing.on('error', reject)
    body.pipe(outgoing)
  })
}

const slowReader: Scenario = {
  name: '100 MB into a slow reader',
  figure: 'peak_mb',
  peers: FAST,
  once: true,
  async run(peer) {
    const client = new Client(peer.url, { headersTimeout: 0, bodyTimeout: 0 })
    const rest = peer.process.usage()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let seen = 0
    const counter: Counter = new Counter(
      (error) => (error ? reject(error) : resolve()),
      (chunk) => {
        seen += chunk.length
        // Ten short rests of a reader that cannot follow.
        if (Math.floor(seen / (10 * MB)) === Math.floor((seen - chunk.length) / (10 * MB))) return
        counter.controller?.pause()
        setTimeout(() => counter.controller?.resume(), 150)
      },
    )
    client.dispatch(
      dispatchOptions({ method: 'POST', path: RUNS, message: `download ${100 * MB}` }),
      counter,
    )
    const { rssKb } = await peakDuring(peer, promise)
    await client.destroy()
    return { peak_mb: (rssKb - rest.rssKb) / 1024 }
  },
}

const aborts: Scenario = {
  name: 'client abort to upstream closed',
  figure: 'p50_ms',
  peers: FAST,
  once: true,
  async run(peer, size) {
    const latencies: number[] = []
    let missed = 0
    for (let i = 0; i < size.aborts; i++) {
      const took = await abortOnce(peer)
      if (took === undefined) missed++
      else latencies.push(took)
    }
    latencies.sort((a, b) => a - b)
    return { p50_ms: percentile(latencies, 50), p99_ms: percentile(latencies, 99), missed }
  },
}

let upstreamUrl = ''
/** The upstream is asked when it saw a stream close. */
export function setUpstream(url: string): void {
  upstreamUrl = url
}

async function abortOnce(peer: Peer): Promise<number | undefined> {
  const client = new Client(peer.url)
  const { promise: begun, resolve } = Promise.withResolvers<void>()
  const counter = new Counter(
    () => undefined,
    () => resolve(),
  )
  client.dispatch(
    dispatchOptions({ method: 'POST', path: RUNS, message: 'paced 100000 5' }),
    counter,
  )
  await begun
  const abortedAt = process.hrtime.bigint()
  await client.destroy()
  for (let tries = 0; tries < 200; tries++) {
    const closedAt = BigInt((await (await fetch(`${upstreamUrl}/last-closed`)).json()) as string)
    if (closedAt > abortedAt) return Number(closedAt - abortedAt) / 1e6
    await new Promise((next) => setTimeout(next, 5))
  }
  return undefined
}

const startUp: Scenario = {
  name: 'cold start and memory at rest',
  figure: 'start_ms',
  peers: ALL,
  once: true,
  run: async (peer) => ({ start_ms: peer.startMs, rest_mb: peer.process.usage().rssKb / 1024 }),
}

/** Highest memory seen, every 20 ms, until the promise settles. */
async function peakDuring(peer: Peer, until: Promise<unknown>): Promise<{ rssKb: number }> {
  let rssKb = 0
  const timer = setInterval(() => {
    rssKb = Math.max(rssKb, peer.process.usage().rssKb)
  }, 20)
  try {
    await until
  } finally {
    clearInterval(timer)
  }
  return { rssKb }
}

export const SCENARIOS: readonly Scenario[] = [
  startUp,
  perRequest('health', { method: 'GET', path: '/health' }),
  perRequest('cached card', { method: 'GET', path: '/agents/bench' }),
  perRequest('list of agents', { method: 'GET', path: '/agents' }, { peers: FAST }),
  perRequest('JSON run, 1.5 KB', { method: 'POST', path: RUNS, message: 'json' }),
  addedLatency,
  perRequest(
    'SSE burst, per event',
    { method: 'POST', path: RUNS, message: 'burst 2000' },
    { units: 2_000, connections: 4 },
  ),
  perRequest(
    'short SSE run of 20 events',
    { method: 'POST', path: RUNS, message: 'burst 20' },
    { connections: 16 },
  ),
  pacedStreams,
  heldStreams(0, 1_000),
  heldStreams(1, 5_000),
  heldStreams(2, 10_000),
  upload(0, '50 MB'),
  upload(1, '1 GB'),
  slowReader,
  aborts,
]
