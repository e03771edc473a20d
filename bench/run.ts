/**
 * `npm run bench`: measures every scenario for every proxy in turns and prints a table for each. Options:
 *
 * - `--short`: checks in seconds that everything works; the figures mean nothing
 * - `--only TEXT,…`: scenarios whose name contains one of these; `--peers a,b`; `--rounds N`; `--slice SECONDS`
 * - `--json FILE`: the results with commit and machine; `--write FILE`: the tables, between the markers of that file
 * - `--python FILE`: an interpreter with agno, instead of the one created in `.venvs/bench`
 * - `--before DIR`: another built checkout, for comparing a change
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LOAD_CORE, UPSTREAM_CORE } from './cores.ts'
import { provenance, withManyFiles } from './machine.ts'
import { findPython, missingAmong } from './needs.ts'
import type { Peer, PeerName, Surroundings } from './peers.ts'
import { startPeer } from './peers.ts'
import { Measured, pinSelf } from './process.ts'
import type { Report } from './report.ts'
import { medians, tableOf, writeInto } from './report.ts'
import type { Figures, Scenario, Size } from './scenario.ts'
import { aborts } from './scenarios/aborts.ts'
import { bodies } from './scenarios/bodies.ts'
import { faces } from './scenarios/faces.ts'
import { requests } from './scenarios/requests.ts'
import { starts } from './scenarios/start.ts'
import { streams } from './scenarios/streams.ts'
import { summaryOf } from './targets.ts'

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    slice: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'string' },
    python: { type: 'string' },
    before: { type: 'string' },
  },
})
const MB = 1024 * 1024
const FULL: Size = {
  sliceSeconds: 0.6,
  rounds: 5,
  warmRequests: 15_000,
  warmSeconds: 3,
  pacedSeconds: 2,
  streams: [1_000, 5_000, 10_000],
  uploads: [50 * MB, 1024 * MB],
  downloadBytes: 100 * MB,
  aborts: 1_000,
}
const SHORT: Size = {
  sliceSeconds: 0.1,
  rounds: 1,
  warmRequests: 20,
  warmSeconds: 1,
  pacedSeconds: 0.2,
  streams: [50],
  uploads: [5 * MB],
  downloadBytes: 10 * MB,
  aborts: 5,
}
const size: Size = {
  ...(values.short ? SHORT : FULL),
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  ...(values.slice !== undefined && { sliceSeconds: Number(values.slice) }),
}
const EVERY_PEER: readonly PeerName[] = [
  ...(['direct', 'gateway', 'faces', 'nginx', 'http-proxy', 'pipe', 'agno'] as const),
]

const say = (text: string) => process.stdout.write(`${text}\n`)

/** Returns the peers that take part; prints the missing ones with their reasons. */
function takingPart(): {
  readonly names: readonly PeerName[]
  readonly python?: string | undefined
} {
  const asked = values.peers?.split(',')
  const wanted = EVERY_PEER.filter((name) => asked === undefined || asked.includes(name))
  const python = findPython(values.python, wanted.includes('agno') && !values.short)
  const missing = missingAmong(wanted, python)
  for (const [name, reason] of missing) say(`left out: ${name}: ${reason}`)
  const names = wanted.filter((name) => !missing.has(name))
  return { names: values.before ? [...names, 'before'] : names, python: python.file }
}

/** Measures the peers in turns, so that a disturbance of the machine affects all. Starts each proxy on first use. */
class Bench {
  readonly #names: readonly PeerName[]
  readonly #surroundings: Surroundings
  readonly #running = new Map<PeerName, Peer>()

  constructor(names: readonly PeerName[], surroundings: Surroundings) {
    this.#names = names
    this.#surroundings = surroundings
  }

  async measure(scenario: Scenario): Promise<Map<PeerName, Figures[]>> {
    const names = this.#names.filter((name) => scenario.peers.includes(name))
    const rounds = Math.min(scenario.rounds ?? size.rounds, size.rounds)
    const results = new Map<PeerName, Figures[]>()
    const note = (name: PeerName, figures: Figures) => {
      if (Object.keys(figures).length === 0) return
      results.set(name, [...(results.get(name) ?? []), figures])
    }
    if (!scenario.isFresh) {
      for (const name of names) await scenario.warm?.(await this.#peer(name), size)
    }
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        if (scenario.isFresh) note(name, await this.#measureFresh(scenario, name))
        else note(name, await scenario.run(await this.#peer(name), size))
      }
    }
    return results
  }

  async #measureFresh(scenario: Scenario, name: PeerName): Promise<Figures> {
    const peer = await startPeer(name, this.#surroundings, scenario.env?.())
    try {
      await scenario.warm?.(peer, size)
      return await scenario.run(peer, size)
    } finally {
      await peer.stop()
    }
  }

  async #peer(name: PeerName): Promise<Peer> {
    const known = this.#running.get(name)
    if (known) return known
    const peer = await startPeer(name, this.#surroundings)
    this.#running.set(name, peer)
    return peer
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((peer) => peer.stop()))
  }
}

async function main(): Promise<void> {
  withManyFiles()
  const { names, python } = takingPart()
  const script = join(import.meta.dirname, 'upstream.ts')
  const server = Measured.start([process.execPath, script], UPSTREAM_CORE)
  const upstream = `http://127.0.0.1:${await server.firstLine()}`
  if (LOAD_CORE !== undefined) pinSelf(LOAD_CORE)
  const bench = new Bench(names, { upstream, python, before: values.before })
  const startedAt = performance.now()
  const report: Report = {
    ...provenance(),
    isShort: values.short,
    size,
    scenarios: [],
  }
  try {
    const only = values.only?.split(',')
    for (const scenario of [
      ...starts,
      ...requests,
      ...streams,
      faces,
      ...bodies,
      aborts(upstream),
    ]) {
      if (only && !only.some((text) => scenario.name.includes(text))) continue
      const runs = await bench.measure(scenario)
      if (runs.size === 0) continue
      const { name, figure } = scenario
      const results = Object.fromEntries([...runs].map(([peer, each]) => [peer, medians(each)]))
      report.scenarios.push({ name, figure, results, runs: Object.fromEntries(runs) })
      say(tableOf({ name, figure, results }))
    }
  } finally {
    await Promise.all([bench.stop(), server.stop()])
  }
  report.seconds = Math.round((performance.now() - startedAt) / 1000)
  const summary = summaryOf(report)
  say(summary)
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  if (values.write) writeInto(values.write, report, summary)
}

await main()
