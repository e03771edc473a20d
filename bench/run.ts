/**
 * `npm run bench`: every scenario, every peer, interleaved, and one table each. Options: `--short` (does everything work?),
 * `--only TEXT`, `--peers a,b`, `--rounds N`, `--json FILE`, `--python FILE` (an interpreter with agno for its own gateway).
 */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Peer, PeerName } from './peers.ts'
import { startPeer } from './peers.ts'
import { Measured } from './process.ts'
import type { Figures, Scenario, Size } from './scenarios.ts'
import { SCENARIOS, setUpstream } from './scenarios.ts'

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
    python: { type: 'string', default: join(import.meta.dirname, '../.venvs/bench/bin/python') },
  },
})
const MB = 1024 * 1024
const FULL: Size = {
  seconds: 3,
  streams: [1_000, 5_000, 10_000],
  uploads: [50 * MB, 1024 * MB],
  aborts: 1_000,
}
const SHORT: Size = { seconds: 0.3, streams: [50], uploads: [5 * MB], aborts: 5 }
const size = values.short ? SHORT : FULL
const rounds = Number(values.rounds ?? (values.short ? 1 : 3))

type Results = Map<PeerName, Figures[]>

const say = (text: string) => process.stdout.write(`${text}\n`)

function wanted(): PeerName[] {
  const all: PeerName[] = ['gateway', 'nginx', 'http-proxy', 'pipe', 'agno']
  const asked = values.peers?.split(',')
  return all.filter((name) =>
    asked ? asked.includes(name) : name !== 'agno' || existsSync(values.python),
  )
}

async function measure(scenario: Scenario, peers: readonly Peer[]): Promise<Results> {
  const results: Results = new Map()
  const taking = peers.filter(({ name }) => scenario.peers.includes(name))
  for (let round = 0; round < (scenario.once ? 1 : rounds); round++) {
    for (const peer of taking) {
      const figures = await scenario.run(peer, size)
      if (Object.keys(figures).length > 0)
        results.set(peer.name, [...(results.get(peer.name) ?? []), figures])
    }
  }
  return results
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function medians(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, median(runs.map((run) => run[name] ?? Number.NaN))]),
  )
}

function table(scenario: Scenario, results: ReadonlyMap<PeerName, Figures>): string {
  const figure = (name: PeerName) => results.get(name)?.[scenario.figure]
  const names = Object.keys([...results.values()][0] ?? {})
  const head = ['', ...names, `${scenario.figure} ÷ nginx`, '÷ http-proxy']
  const rows = [...results].map(([peer, figures]) => [
    peer,
    ...names.map((name) => number(figures[name])),
    ratio(figures[scenario.figure], figure('nginx')),
    ratio(figures[scenario.figure], figure('http-proxy')),
  ])
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
  return `\n### ${scenario.name}\n${lines.join('\n')}`
}

const number = (value = Number.NaN) =>
  Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
const ratio = (value = Number.NaN, by = Number.NaN) =>
  Number.isFinite(value / by) ? (value / by).toFixed(2) : '-'

async function main(): Promise<void> {
  const upstream = Measured.start([process.execPath, join(import.meta.dirname, 'upstream.ts')], 1)
  const upstreamUrl = `http://127.0.0.1:${await upstream.firstLine()}`
  setUpstream(upstreamUrl)
  const report: Record<string, Record<string, Figures>> = {}
  const peers: Peer[] = []
  try {
    for (const name of wanted()) peers.push(await startPeer(name, upstreamUrl, values.python))
    for (const scenario of SCENARIOS) {
      if (values.only && !scenario.name.includes(values.only)) continue
      const results = await measure(scenario, peers)
      const summary = new Map([...results].map(([name, runs]) => [name, medians(runs)]))
      report[scenario.name] = Object.fromEntries(summary)
      if (summary.size > 0) say(table(scenario, summary))
    }
  } finally {
    await Promise.all([...peers.map((peer) => peer.process.stop()), upstream.stop()])
  }
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    kernel: release(),
    node: process.version,
  }
  say(
    `\n${commit}, ${machine.cores} × ${machine.cpu}, Node ${machine.node}, ${rounds} rounds, medians`,
  )
  if (values.json)
    writeFileSync(values.json, JSON.stringify({ commit, machine, size, rounds, report }, null, 2))
}

await main()
