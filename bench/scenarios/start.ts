/** Measures the start of a proxy and its memory at rest. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { PeerName } from '../peer-commands.ts'
import type { Scenario } from '../scenario.ts'

const PEERS: readonly PeerName[] = ['gateway', 'before', 'nginx', 'http-proxy', 'pipe', 'agno']
/** Time after which a started process is idle. */
const REST_MS = 2_000

const cold: Scenario = {
  name: 'cold start, nothing compiled before',
  figure: 'start_ms',
  // Python stores its compiled code elsewhere.
  peers: PEERS.filter((name) => name !== 'agno'),
  rounds: 3,
  isFresh: true,
  env: () => ({ NODE_COMPILE_CACHE: mkdtempSync(join(tmpdir(), 'bench-cache-')) }),
  run: async ({ startMs }) => ({ start_ms: startMs }),
}

const again: Scenario = {
  name: 'start, and memory at rest',
  figure: 'start_ms',
  peers: PEERS,
  rounds: 3,
  isFresh: true,
  async run({ startMs, process }) {
    await setTimeout(REST_MS)
    return { start_ms: startMs, rest_mb: (process?.usage().rssKb ?? 0) / 1024 }
  },
}

export const starts: readonly Scenario[] = [cold, again]
