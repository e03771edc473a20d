/**
 * `npm run bench`: measures every scenario for every proxy in turns and prints a table for each. Options:
 *
 * - `--short`: checks in seconds that everything works; the figures mean nothing
 * - `--only TEXT,…`: scenarios whose name contains one of these; `--peers a,b`; `--rounds N`; `--slice SECONDS`
 * - `--json FILE`: the results with commit and machine; `--write FILE`: the tables, between the markers of that file
 * - `--check`: exits with 1 when a target is missed, after naming each with its figure
 * - `--before DIR`: another built checkout, for comparing a change
 * - `--litellm`: LiteLLM too, which takes minutes and 1 GB to install
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LOAD_CORE, UPSTREAM_CORE } from './cores.ts'
import { provenance, withManyFiles } from './machine.ts'
import { findPrograms } from './needs.ts'
import type { PeerName, Surroundings } from './peer-commands.ts'
import { GATEWAYS, PEERS } from './peer-commands.ts'
import type { Peer } from './peers.ts'
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
import { workers } from './scenarios/workers.ts'
import { missedIn, summaryOf } from './targets.ts'

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    slice: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'string' },
    check: { type: 'boolean', default: false },
    before: { type: 'string' },
    litellm: { type: 'boolean', default: false },
  },
})
const MB = 1024 * 1024
const FULL: Size = {
  sliceSeconds: 3,
  sliceRequests: 4_000,
  rounds: 5,
  warmRequests: 20_000,
  warmSeconds: 10,
  pacedSeconds: 2,
  streams: [1_000, 5_000, 10_000],
  uploads: [50 * MB, 1024 * MB],
  warmUploads: 10,
  sliceUploads: 4,
  downloadBytes: 100 * MB,
  aborts: 1_000,
}
const SHORT: Size = {
  sliceSeconds: 0.1,
  sliceRequests: 1_000,
  rounds: 1,
  warmRequests: 20,
  warmSeconds: 1,
  pacedSeconds: 0.2,
  streams: [50],
  uploads: [5 * MB],
  warmUploads: 0,
  sliceUploads: 1,
  downloadBytes: 10 * MB,
  aborts: 5,
}
const size: Size = {
  ...(values.short ? SHORT : FULL),
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  ...(values.slice !== undefined && { sliceSeconds: Number(values.slice) }),
}

const say = (text: string) => process.stdout.write(`${text}\n`)

/** Returns the peers that take part; prints the missing ones with their reasons. */
function takingPart(): {
  readonly names: readonly PeerName[]
  readonly programs: Surroundings['programs']
} {
  const named = values.peers?.split(',')
  const wanted = PEERS.filter((name) => {
    if (name === 'before') return values.before !== undefined
    if (named !== undefined) return named.includes(name) || isVariant(name, named)
    return name !== 'litellm' || values.litellm
  })
  const { programs, missing } = findPrograms(wanted, !values.short)
  for (const [name, reason] of missing) say(`left out: ${name}: ${reason}`)
  return { names: wanted.filter((name) => !missing.has(name)), programs }
}

/** Variants of the gateway take part where the gateway does. */
function isVariant(name: PeerName, named: readonly string[]): boolean {
  return GATEWAYS.includes(name) && named.includes('gateway')
}

/**
 * Times that each peer is warmed up in turn. A process that waits for the others collects garbage, which discards compiled code,
 * so the first 20,000 requests after the wait cost up to a half more.
 */
const WARM_PASSES = 2

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
      for (let pass = 0; pass < WARM_PASSES; pass++) {
        for (const name of names) await scenario.warm?.(await this.#peer(name), size)
      }
    }
    for (let round = 0; round < rounds; round++) {
      // Each peer is the first in some round, so that what a slice leaves behind does not always meet the same one.
      const first = round % names.length
      for (const name of [...names.slice(first), ...names.slice(0, first)]) {
        note(name, await this.#measureOne(scenario, name))
      }
    }
    return results
  }

  async #measureOne(scenario: Scenario, name: PeerName): Promise<Figures> {
    try {
      return scenario.isFresh
        ? await this.#measureFresh(scenario, name)
        : await scenario.run(await this.#peer(name), size)
    } catch (cause) {
      throw new Error(`${name} failed in "${scenario.name}"`, { cause })
    }
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
  const { names, programs } = takingPart()
  const script = join(import.meta.dirname, 'upstream.ts')
  const server = Measured.start([process.execPath, script], UPSTREAM_CORE)
  const upstream = `http://127.0.0.1:${await server.firstLine()}`
  if (LOAD_CORE !== undefined) pinSelf(LOAD_CORE)
  const bench = new Bench(names, { upstream, programs, before: values.before })
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
      ...workers,
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
  if (values.check) check(report)
}

function check(report: Report): void {
  const missed = missedIn(report)
  for (const line of missed) say(`missed: ${line}`)
  if (missed.length > 0) process.exitCode = 1
}

await main()
