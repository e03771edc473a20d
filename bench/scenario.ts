/** Types and measurements of a scenario. */
import type { PeerName } from './peer-commands.ts'
import type { Peer } from './peers.ts'

/** Named figures of one run: µs, ms, KB, MB or counts, as the name says. */
export type Figures = Readonly<Record<string, number>>

/** Durations and amounts; the short form only checks that everything works. */
export interface Size {
  /** Length of one slice of a closed loop, in seconds and in requests, or in events: it ends at whichever comes first. */
  readonly sliceSeconds: number
  readonly sliceRequests: number
  /** Number of turns for each proxy. */
  readonly rounds: number
  /** Warm-up before the measurement: this many requests within this time. */
  readonly warmRequests: number
  readonly warmSeconds: number
  /** Length of one run of paced streams and of an open loop, in seconds. */
  readonly pacedSeconds: number
  readonly streams: readonly number[]
  readonly uploads: readonly number[]
  /** Uploads of each connection, before and in a round. */
  readonly warmUploads: number
  readonly sliceUploads: number
  readonly downloadBytes: number
  readonly aborts: number
}

export interface Scenario {
  readonly name: string
  /** The figure whose ratios are printed. */
  readonly figure: string
  readonly peers: readonly PeerName[]
  /** Default {@link Size.rounds}. */
  readonly rounds?: number
  /** Starts a new proxy for each run, for measurements of what a process retains. */
  readonly isFresh?: true
  /** Environment of a fresh proxy. */
  env?(): NodeJS.ProcessEnv
  /** Runs before the first round. */
  warm?(peer: Peer, size: Size): Promise<void>
  /** @returns nothing where the size omits the scenario */
  run(peer: Peer, size: Size): Promise<Figures>
}

/** Every proxy that a scenario may compare. */
export const PROXIES: readonly PeerName[] = [
  'gateway',
  'before',
  'nginx',
  'envoy',
  'traefik',
  'caddy',
  'pipe',
  'http-proxy',
  'agno',
  'litellm',
]

/** Measures the CPU time of the proxy in µs during some work. */
export async function cpuDuring<T>(
  { process }: Peer,
  work: () => Promise<T>,
): Promise<{ readonly cpuUs: number; readonly result: T }> {
  const before = process?.usage().cpuUs ?? 0
  const result = await work()
  return { cpuUs: (process?.usage().cpuUs ?? 0) - before, result }
}

/** Measures the proxy's peak memory during some work, minus that before, in KB. */
export async function peakDuring<T>(
  { process }: Peer,
  work: () => Promise<T>,
): Promise<{ readonly peakKb: number; readonly result: T }> {
  const rest = process?.usage().rssKb ?? 0
  process?.resetPeak()
  const result = await work()
  return { peakKb: (process?.peakKb() ?? 0) - rest, result }
}
