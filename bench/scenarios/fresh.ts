/** What fresh proxies have in common. */
import { setTimeout } from 'node:timers/promises'
import { closedLoop, RUNS } from '../load.ts'
import type { Peer } from '../peers.ts'
import type { Size } from '../scenario.ts'

/** A process that has answered a few requests: all its code is loaded, and nothing of it is hot. */
export async function warmUp({ url }: Peer, { warmSeconds }: Size): Promise<void> {
  const limit = { seconds: warmSeconds, requests: 200 }
  await closedLoop(url, { method: 'POST', path: RUNS, message: 'json' }, 4, limit)
}

/** Memory of a process that has nothing to do, in KB. */
export async function settled({ process }: Peer): Promise<number> {
  await setTimeout(500)
  return process?.usage().rssKb ?? 0
}
