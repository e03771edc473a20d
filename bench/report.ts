/** Renders results as tables. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Provenance } from './machine.ts'
import type { PeerName } from './peer-commands.ts'
import type { Figures, Size } from './scenario.ts'

/** Medians of one scenario by proxy. */
export interface Result {
  readonly name: string
  /** The figure whose ratios are shown. */
  readonly figure: string
  readonly results: Readonly<Partial<Record<PeerName, Figures>>>
}

export interface Report extends Provenance {
  readonly isShort: boolean
  readonly size: Size
  /** Each with all runs behind its medians. */
  readonly scenarios: (Result & { readonly runs: Readonly<Record<string, readonly Figures[]>> })[]
  /** Duration of the whole benchmark. */
  seconds?: number
}

const START = '<!-- made by npm run bench -->'
const END = '<!-- end -->'

export function medians(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, median(runs.map((run) => run[name] ?? Number.NaN))]),
  )
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ]
  return (low + high) / 2
}

/** Renders one Markdown table: a row per proxy, with the gateway's figure as a multiple of the proxy's. */
export function tableOf({ name, figure, results }: Result): string {
  const ours = results.gateway?.[figure]
  const names = Object.keys(Object.values(results)[0] ?? {})
  const head = ['', ...names, `gateway's ${figure} ÷ this`]
  const rows = Object.entries(results).map(([peer, figures]) => [
    peer,
    ...names.map((each) => number(figures[each])),
    ratio(ours, figures[figure]),
  ])
  return `\n### ${name}\n\n${table(head, rows)}`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

export function number(value = Number.NaN): string {
  if (!Number.isFinite(value)) return '-'
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}

function ratio(value = Number.NaN, by = Number.NaN): string {
  return Number.isFinite(value / by) ? (value / by).toFixed(2) : '-'
}

/** Describes the origin of the figures in a sentence. */
export function originOf({ commit, isDirty, at, machine, size, seconds }: Report): string {
  const { cores, cpu, kernel, node, nginx, load } = machine
  return (
    `Commit ${commit}${isDirty ? ' with changes' : ''}, ${at.slice(0, 16)} UTC, in ${seconds} s: ` +
    `${cores} cores of ${cpu}, Linux ${kernel}, Node ${node}, nginx ${nginx ?? 'not there'},\n` +
    `load ${load} before. Medians of up to ${size.rounds} rounds.`
  )
}

/** Replaces the text between the markers of a file. @throws when it has none */
export function writeInto(file: string, report: Report, summary: string): void {
  const text = readFileSync(file, 'utf8')
  const start = text.indexOf(START)
  const end = text.indexOf(END, start)
  if (start === -1 || end === -1) throw new Error(`${file} has no ${START} … ${END}`)
  const tables = report.scenarios.map(tableOf).join('\n')
  const made = `${START}\n\n${originOf(report)}\n${summary}\n${tables}\n\n`
  writeFileSync(file, text.slice(0, start) + made + text.slice(end))
}
