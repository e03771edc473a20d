/** Measures how soon the upstream notices that a client has disconnected. */
import { Client } from 'undici'
import { dispatchOptions, RUNS } from '../forms.ts'
import { Counter, percentile } from '../load.ts'
import type { Scenario } from '../scenario.ts'

/** An abort that the upstream has not noticed by then counts as missed. */
const MISSED_MS = 2_000

/** @param upstream its URL; it reports the times at which it saw streams close */
export function aborts(upstream: string): Scenario {
  return {
    name: 'client abort to upstream closed',
    figure: 'p50_ms',
    peers: ['direct', 'gateway', 'before', 'nginx', 'http-proxy', 'pipe'],
    rounds: 1,
    async run(peer, size) {
      const closings = await Closings.of(upstream)
      const latencies: number[] = []
      let missed = 0
      for (let i = 0; i < size.aborts; i++) {
        const took = await abortOnce(peer.url, closings)
        if (took === undefined) missed++
        else latencies.push(took)
      }
      await closings.end()
      latencies.sort((a, b) => a - b)
      return { p50_ms: percentile(latencies, 50), p99_ms: percentile(latencies, 99), missed }
    },
  }
}

async function abortOnce(url: string, closings: Closings): Promise<number | undefined> {
  const client = new Client(url)
  const { promise: begun, resolve, reject } = Promise.withResolvers<void>()
  const counter = new Counter(
    (error) => (error ? reject(error) : undefined),
    () => resolve(),
  )
  const shot = { method: 'POST', path: RUNS, message: 'paced 100000 5' } as const
  client.dispatch(dispatchOptions(shot), counter)
  await begun
  const closed = closings.next()
  const abortedAt = process.hrtime.bigint()
  await client.destroy()
  const closedAt = await closed
  return closedAt === undefined ? undefined : Number(closedAt - abortedAt) / 1e6
}

/** The upstream's reports of streams that were closed early. */
class Closings {
  readonly #client: Client
  #tell: (atNs: bigint) => void = () => undefined

  private constructor(client: Client) {
    this.#client = client
  }

  static async of(upstream: string): Promise<Closings> {
    const closings = new Closings(new Client(upstream, { headersTimeout: 0, bodyTimeout: 0 }))
    const { promise, resolve } = Promise.withResolvers<void>()
    const counter = new Counter(
      () => undefined,
      (chunk) => {
        const text = chunk.toString('latin1')
        if (text === 'open\n') resolve()
        else closings.#tell(BigInt(text.trim().split('\n').at(-1) as string))
      },
    )
    closings.#client.dispatch({ method: 'GET', path: '/closings' }, counter)
    await promise
    return closings
  }

  /** @returns undefined when no report arrived in time */
  next(): Promise<bigint | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), MISSED_MS)
      this.#tell = (atNs) => {
        clearTimeout(timer)
        resolve(atNs)
      }
    })
  }

  async end(): Promise<void> {
    await this.#client.destroy()
  }
}
