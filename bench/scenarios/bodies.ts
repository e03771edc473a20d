/** Measures large bodies in both directions. */
import { Client } from 'undici'
import { Connection } from '../connection.ts'
import { dispatchOptions, RUNS, uploadPieces } from '../forms.ts'
import { Counter } from '../load.ts'
import type { PeerName } from '../peer-commands.ts'
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

async function send(url: string, bytes: number): Promise<void> {
  const connection = await Connection.open(url)
  await connection.sendSlowly(uploadPieces(RUNS, bytes))
  connection.close()
}

/** Uploads in turn by a few connections: CPU time a MiB, in a process that has compiled everything. */
const uploads: Scenario = {
  name: 'uploads of 8 MiB, per MiB',
  figure: 'cpu_us',
  peers: [...PEERS, 'envoy', 'traefik', 'caddy'],
  warm: async ({ url }, { warmUploads }) => uploadAll(url, warmUploads),
  async run(peer, { sliceUploads }) {
    const { cpuUs } = await cpuDuring(peer, () => uploadAll(peer.url, sliceUploads))
    return { cpu_us: cpuUs / (sliceUploads * UPLOADERS * UPLOAD_MIB) }
  },
}
const UPLOADERS = 4
const UPLOAD_MIB = 8

async function uploadAll(url: string, times: number): Promise<void> {
  const uploaders = Array.from({ length: UPLOADERS }, async () => {
    for (let i = 0; i < times; i++) await send(url, UPLOAD_MIB * MB)
  })
  await Promise.all(uploaders)
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

export const bodies: readonly Scenario[] = [
  uploads,
  upload(0, '50 MB'),
  upload(1, '1 GB'),
  slowReader,
]
