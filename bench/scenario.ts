/** What a measurement is. */
import type { Peer, PeerName } from './peers.ts'

/** Named figures of one run: µs, ms, KB, MB, counts, as the name says. */
export type Figures = Readonly<Record<string, number>>

/** How long and how large; the short form is for checking that everything works. */
export interface Size {
  /** Length of one slice of a closed loop, in seconds. */
  readonly sliceSeconds: number
  /** How often each proxy has its turn. */
  readonly rounds: number
  /** What is done before anything counts: so many requests, but no longer than this. */
  readonly warmRequests: number
  readonly warmSeconds: number
  /** Length of one run of paced streams and of an open loop, in seconds. */
  readonly pacedSeconds: number
  readonly streams: readonly number[]
  readonly uploads: readonly number[]
  readonly downloadBytes: number
  readonly aborts: number
}

export interface Scenario {
  readonly name: string
  /** Figure whose ratios are printed. */
  readonly figure: string
  readonly peers: readonly PeerName[]
  /** Default {@link Size.rounds}. */
  readonly rounds?: number
  /** Each run has a proxy that was just started: for what stays behind in a process. */
  readonly isFresh?: true
  /** Environment of a fresh proxy. */
  env?(): NodeJS.ProcessEnv
  /** Before the first round. */
  warm?(peer: Peer, size: Size): Promise<void>
  /** @returns nothing where the size leaves it out */
  run(peer: Peer, size: Size): Promise<Figures>
}

/** CPU of the proxy in µs while something is done. */
export async function cpuDuring<T>(
  { process }: Peer,
  work: () => Promise<T>,
): Promise<{ readonly cpuUs: number; readonly result: T }> {
  const before = process?.usage().cpuUs ?? 0
  const result = await work()
  return { cpuUs: (process?.usage().cpuUs ?? 0) - before, result }
}

/** Most memory of the proxy over what it had before, in KB, while something is done. */
export async function peakDuring<T>(
  { process }: Peer,
  work: () => Promise<T>,
): Promise<{ readonly peakKb: number; readonly result: T }> {
  const rest = process?.usage().rssKb ?? 0
  process?.resetPeak()
  const result = await work()
  return { peakKb: (process?.peakKb() ?? 0) - rest, result }
}
