/** Measures large bodies in both directions. */
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { Client } from 'undici'
import { Counter, dispatchOptions, RUNS } from '../load.ts'
import type { PeerName } from '../peers.ts'
import { TOKEN } from '../peers.ts'
import type { Scenario } from '../scenario.ts'
import { cpuDuring, peakDuring } from '../scenario.ts'
import { settled, warmUp } from './fresh.ts'

const PEERS: readonly PeerName[] = ['gateway', 'before', 'nginx', 'http-proxy', 'pipe']
const MB = 1024 * 1024
/** Number and length of the pauses of a slow reader. */
const RESTS = 10
const REST_MS = 150

/** Measures peak memory, minus that at rest, during the upload of a body. */
function upload(index: number, label: string): Scenario {
  return {
    name: `${label} upload`,
    figure: 'peak_mb',
    peers: PEERS,
    rounds: 1,
    isFresh: true,
    warm: warmUp,
    async run(peer, { uploads }) {
      const bytes = uploads[index]
      if (bytes === undefined) return {}
      await settled(peer)
      const { cpuUs, result } = await cpuDuring(peer, () =>
        peakDuring(peer, () => send(peer.url, bytes)),
      )
      return { peak_mb: result.peakKb / 1024, cpu_us_per_mb: cpuUs / (bytes / MB) }
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
      const { statusCode } = response
      response
        .resume()
        .on('end', () =>
          statusCode === 200 ? resolve() : reject(new Error(`status ${statusCode}`)),
        )
    })
    outgoing.on('error', reject)
    body.pipe(outgoing)
  })
}

const slowReader: Scenario = {
  name: '100 MB into a slow reader',
  figure: 'peak_mb',
  peers: PEERS,
  rounds: 1,
  isFresh: true,
  warm: warmUp,
  async run(peer, { downloadBytes }) {
    await settled(peer)
    const { peakKb } = await peakDuring(peer, () => readSlowly(peer.url, downloadBytes))
    return { peak_mb: peakKb / 1024 }
  },
}

async function readSlowly(url: string, bytes: number): Promise<void> {
  const client = new Client(url, { headersTimeout: 0, bodyTimeout: 0 })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const every = bytes / RESTS
  let seen = 0
  const counter: Counter = new Counter(
    (error) => (error ? reject(error) : resolve()),
    (chunk) => {
      seen += chunk.length
      if (Math.floor(seen / every) === Math.floor((seen - chunk.length) / every)) return
      counter.controller?.pause()
      setTimeout(() => counter.controller?.resume(), REST_MS)
    },
  )
  client.dispatch(
    dispatchOptions({ method: 'POST', path: RUNS, message: `download ${bytes}` }),
    counter,
  )
  await promise
  await client.destroy()
  if (seen !== bytes) throw new Error(`${seen} of ${bytes} bytes came`)
}

export const bodies: readonly Scenario[] = [upload(0, '50 MB'), upload(1, '1 GB'), slowReader]
