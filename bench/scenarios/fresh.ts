/** Helpers for scenarios with fresh proxies. */
import { setTimeout } from 'node:timers/promises'
import { RUNS } from '../forms.ts'
import { closedLoop } from '../load.ts'
import type { Peer } from '../peers.ts'
import type { Size } from '../scenario.ts'

/** Warms a process up with a few requests: its code is loaded but not optimised. */
export async function warmUp({ url }: Peer, { warmSeconds }: Size): Promise<void> {
  const limit = { seconds: warmSeconds, requests: 200 }
  await closedLoop(url, { method: 'POST', path: RUNS, message: 'json' }, 4, limit)
}

/** Returns the memory of an idle process in KB. */
export async function settled({ process }: Peer): Promise<number> {
  await setTimeout(500)
  return process?.usage().rssKb ?? 0
}
